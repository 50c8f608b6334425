/** Parts that several cards show: changes, steps, checks. */
import type { Check } from '../../../domain/check.ts';
import type { KeyWork } from '../../../domain/key-change.ts';
import { type CustomerKey, sameVaultUri } from '../../../domain/observed.ts';
import type { Plan, PlannedStep } from '../../../domain/plan.ts';
import { workOf } from '../../../operations/registry.ts';
import { checkWords } from '../../../text/checks.ts';
import { versionWords } from '../../../text/keys.ts';
import { shortVersion } from '../../../text/places.ts';
import { effectWords, stepWords } from '../../../text/steps.ts';
import { coloured, type Fact, grey, type Line, marks, numberedRow, type Row, row } from '../data/row.ts';
import { bold, type CardText, date, joinText, md, nothing, plain } from '../plain-text.ts';
import { vaultAddress } from './vault-box.ts';

export const keyNow = (key: CustomerKey | null): CardText =>
  key === null ? plain('Microsoft-managed key') : plain(key.keyName);

const isSameKey = ({ from, to, observed }: KeyWork): boolean =>
  from !== null && from.keyName === to.keyName && sameVaultUri(from.vaultUri, observed.vault.uri);

/** `version 0123abcd`, or what the run will create. */
const versionAfter = ({ to, make }: KeyWork): string => versionWords(to.keyVersion, make?.after ?? null);

/** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod` */
export function changeLine(plan: Plan): CardText {
  const work = workOf(plan);
  const vault = plain(plan.observation.vault.name);
  if (work.from === null) {
    return md`${keyNow(plan.observation.resource.customerKey)} → ${bold(work.to.keyName)} in ${vault}`;
  }
  return isSameKey(work)
    ? md`${plain(work.to.keyName)}: ${plain<string>(versionBefore(work.from))} → ${bold(versionAfter(work))}`
    : md`${plain(work.from.keyName)} → ${bold(work.to.keyName)} in ${vault}`;
}

const versionBefore = ({ keyVersion }: CustomerKey): string =>
  keyVersion === null ? 'no version' : `version ${shortVersion(keyVersion)}`;

export const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const expiryOf = (key: { readonly expires: string | null } | null): CardText => {
  if (key === null) return nothing;
  return key.expires === null ? plain('no expiry') : md`expires ${date(new Date(key.expires))}`;
};

/** From and To, each with version, vault and expiry if they differ. */
export function changeFacts(plan: Plan): Fact[] {
  const work = workOf(plan);
  const { from, to, make, observed } = work;
  const fact = (title: string, value: CardText): Fact => ({ title: plain<string>(title), value });
  const [nowExpires, afterExpires] = [expiryOf(observed.from), expiryOf(make?.kind ?? observed.key)];
  const made = make === null ? 'existing key' : make.after === null ? 'new key' : 'new version';
  if (from === null) {
    return [
      fact('From', keyNow(observed.resource.customerKey)),
      fact('To', joinText([md`${bold(to.keyName)} (${plain<string>(made)})`, afterExpires])),
    ];
  }
  const elsewhere = sameVaultUri(from.vaultUri, observed.vault.uri)
    ? nothing
    : md`in ${plain(vaultAddress(from.vaultUri))}`;
  return [
    fact('From', joinText([plain(from.keyName), plain<string>(versionBefore(from)), elsewhere, nowExpires])),
    fact('To', joinText([bold(to.keyName), bold(versionAfter(work)), afterExpires])),
  ];
}

/** Returns the mark of a step that can't be undone or might not be reversible; none for others. */
export function reversibilityLines(step: PlannedStep): readonly Line[] {
  switch (step.reversibility) {
    case 'reversible':
      return [];
    case 'irreversible':
      return [coloured(plain('Can’t be undone'), 'Warning')];
    case 'unknown':
      return [grey(plain('Might not be reversible'))];
  }
}

/** Returns the numbered steps of a plan with their changes. */
export const planRows = (plan: Plan): Row[] =>
  plan.steps.map((step, index) =>
    numberedRow(index + 1, plain(stepWords(step.name, step.effects).title), [
      ...(step.name === 'verify'
        ? [grey(plain('Reads the result back, checks the permission, and tests the key.'))]
        : []),
      ...step.effects.map((effect) => grey(plain(effectWords(effect)))),
      ...reversibilityLines(step),
    ]),
  );

/** Returns a check as a row, with why it matters. */
export const checkRow = (mark: (typeof marks)[keyof typeof marks], check: Check): Row => {
  const words = checkWords(check);
  return row(mark, plain(words.title), words.text === '' ? [] : [grey(plain(words.text))]);
};

export const passRows = (plan: Plan): Row[] =>
  plan.checks.filter((check) => check.outcome === 'pass').map((check) => checkRow(marks.done, check));
