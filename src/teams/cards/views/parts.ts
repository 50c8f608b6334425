/** Pieces that several cards show: what changes, steps, checks. */
import type { Check } from '../../../domain/check.ts';
import type { KeyWork } from '../../../domain/key-change.ts';
import { type CustomerKey, sameVaultUri } from '../../../domain/observed.ts';
import { type Plan, type PlannedStep, stepsOf, warningsOf } from '../../../domain/plan.ts';
import { operationOf, workOf } from '../../../operations/registry.ts';
import { checkWords } from '../../../text/checks.ts';
import { versionWords } from '../../../text/keys.ts';
import { shortVersion } from '../../../text/places.ts';
import { effectWords, stepWords } from '../../../text/steps.ts';
import { coloured, grey, type Line, marks, numberedRow, type Row, row } from '../data/row.ts';
import { bold, type CardText, date, joinText, md, nothing, plain } from '../plain-text.ts';
import { vaultAddress } from './vault-box.ts';

export const keyNow = (key: CustomerKey | null): CardText =>
  key === null ? plain('Microsoft-managed key') : plain(key.keyName);

const isSameKey = ({ from, to, observed }: KeyWork): boolean =>
  from !== null && from.keyName === to.keyName && sameVaultUri(from.vaultUri, observed.vault.uri);

/** `version 0123abcd`, or what the run will make. */
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
  return key.expires === null ? plain('no expiry') : md`ends ${date(new Date(key.expires))}`;
};

/** Now and after, side by side, each with a small line, under a line that says what kind of change it is. */
export function changeBox(plan: Plan) {
  const work = workOf(plan);
  const { from, to, make, observed } = work;
  const vault = plain(observed.vault.name);
  if (from === null) {
    return {
      about: nothing,
      now: keyNow(observed.resource.customerKey),
      nowNote: nothing,
      after: plain(to.keyName),
      afterNote: nothing,
    };
  }
  const [nowExpires, afterExpires] = [expiryOf(observed.from), expiryOf(make?.kind ?? observed.key)];
  if (isSameKey(work)) {
    return {
      about: md`${plain(make === null ? 'Another version' : 'New version')} of ${bold(to.keyName)} in ${vault}`,
      now: plain<string>(upperFirst(versionBefore(from))),
      nowNote: nowExpires,
      after: plain<string>(upperFirst(versionAfter(work))),
      afterNote: afterExpires,
    };
  }
  const sameVault = sameVaultUri(from.vaultUri, observed.vault.uri);
  return {
    about: md`${plain(sameVault ? 'Another key in' : 'A key in another vault:')} ${bold(observed.vault.name)}`,
    now: plain(from.keyName),
    nowNote: joinText([
      plain<string>(versionBefore(from)),
      sameVault ? nothing : md`in ${plain(vaultAddress(from.vaultUri))}`,
      nowExpires,
    ]),
    after: plain(to.keyName),
    afterNote: joinText([plain<string>(versionAfter(work)), sameVault ? nothing : md`in ${vault}`, afterExpires]),
  };
}

/** What is true of the operation and has to be known, a line each. */
export const notesOf = (plan: Plan): { text: CardText }[] =>
  operationOf(plan.wish)
    .words.notes(workOf(plan))
    .map((note) => ({ text: plain(note) }));

/** The mark of a step that is not reversible; none for one that is. */
export function reversibilityLines(step: PlannedStep): readonly Line[] {
  switch (step.reversibility) {
    case 'reversible':
      return [];
    case 'irreversible':
      return [coloured(plain('▲ Irreversible'), 'Attention')];
    case 'unknown':
      return [coloured(plain('△ Reversibility unknown'), 'Warning')];
  }
}

/** The steps of a plan, numbered, each with what it changes. */
export const planRows = (plan: Plan): Row[] =>
  plan.steps.map((step, index) =>
    numberedRow(index + 1, plain(stepWords(step.name, step.effects).title), [
      ...(step.name === 'verify' ? [grey(plain('Read back, check the permission, try the key'))] : []),
      ...step.effects.map((effect) => grey(plain(effectWords(effect)))),
      ...reversibilityLines(step),
    ]),
  );

export const stepsTitle = (plan: Plan): CardText =>
  plan.steps.length === 1 ? plain('1 step') : md`${plan.steps.length} steps, in this order`;

/** A judgement under its mark, with why it matters. */
export const checkRow = (mark: (typeof marks)[keyof typeof marks], check: Check): Row => {
  const words = checkWords(check);
  return row(mark, plain(words.title), words.text === '' ? [] : [grey(plain(words.text))]);
};

export const warningRows = (plan: Plan): Row[] => warningsOf(plan).map((check) => checkRow(marks.warn, check));
export const passRows = (plan: Plan): Row[] =>
  plan.checks.filter((check) => check.outcome === 'pass').map((check) => checkRow(marks.done, check));

/** `7 checks pass`, or `7 more checks pass` beside others; empty when none does. */
export function passLine(plan: Plan): CardText {
  const count = plan.checks.filter((check) => check.outcome === 'pass').length;
  if (count === 0) return nothing;
  const more = count < plan.checks.length ? ' more' : '';
  return plain<string>(`${count}${more} ${count === 1 ? 'check passes' : 'checks pass'}`);
}

export const irreversibleCount = (plan: Plan): number => stepsOf(plan, 'irreversible').length;
