/** Parts that several cards show: changes, steps, checks. */
import type { Check } from '../../../domain/check.ts';
import { KeyName, KeyVersion } from '../../../domain/ids.ts';
import type { KeyWork } from '../../../domain/key-change.ts';
import { type CustomerKey, sameKeyName, sameVaultUri } from '../../../domain/observed.ts';
import type { Plan, PlannedStep } from '../../../domain/plan.ts';
import type { Portal } from '../../../domain/ports/azure.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import { shownPagesOf } from '../../../operations/form-clicks.ts';
import { operationNamed, workOf } from '../../../operations/registry.ts';
import { kindNamed } from '../../../operations/resources/registry.ts';
import { checkWords } from '../../../text/checks.ts';
import { controllerWords, powersWords } from '../../../text/control.ts';
import { plannedVersionWords } from '../../../text/keys.ts';
import { shortVersion } from '../../../text/places.ts';
import { refusalWords } from '../../../text/refusals.ts';
import { effectWords, stepWords } from '../../../text/steps.ts';
import {
  bold,
  type CardText,
  date,
  joinText,
  label,
  link,
  md,
  nothing,
  plain,
  sentences,
  withDates,
} from '../plain-text.ts';
import type { AdaptiveCard } from '../render-card.ts';
import { coloured, type Fact, fact, grey, type Line, marks, numberedRow, type Row, row } from '../row.ts';

export const keyNow = (key: CustomerKey | null): CardText =>
  key === null ? plain('Microsoft-managed key') : plain(key.keyName);

const isSameKey = ({ from, to, observed }: KeyWork): boolean =>
  from !== null && sameKeyName(from.keyName, to.keyName) && sameVaultUri(from.vaultUri, observed.vault.uri);

const isUnchanged = (work: KeyWork): boolean =>
  isSameKey(work) && work.make === null && work.from?.keyVersion === (work.to.follows ? null : work.to.keyVersion);

/** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod` */
export function changeLine(plan: Plan): CardText {
  const work = workOf(plan);
  const vault = plain(plan.observation.vault.name);
  if (work.from === null) {
    return md`${keyNow(plan.observation.resource.customerKey)} → ${bold(work.to.keyName)} in ${vault}`;
  }
  if (work.retire !== undefined) {
    return md`${plain(work.to.keyName)} in ${vault}: disable ${bold(`version ${shortVersion(work.retire)}`)}, ${plain(plannedVersionWords(work))} stays in use`;
  }
  if (isUnchanged(work)) return md`${bold(work.to.keyName)}, ${bold(plannedVersionWords(work))} in ${vault}`;
  return isSameKey(work)
    ? md`${plain(work.to.keyName)}: ${plain(versionBefore(work.from, work))} → ${bold(plannedVersionWords(work))}`
    : md`${plain(work.from.keyName)} → ${bold(work.to.keyName)} in ${vault}`;
}

function versionBefore({ keyVersion }: CustomerKey, { resource }: KeyWork): string {
  if (keyVersion !== null) return `version ${shortVersion(keyVersion)}`;
  return kindNamed(resource.kind).follows ? 'newest version' : 'no version';
}

const expiryOf = (key: { readonly expires: string | null } | null): CardText => {
  if (key === null) return nothing;
  return key.expires === null ? plain('no expiry') : md`expires ${date(new Date(key.expires))}`;
};

/** From and To, each with version, vault and expiry if they differ; one fact if the resource stays on its version. */
export function changeFacts(plan: Plan): Fact[] {
  const work = workOf(plan);
  const { from, to, make, observed } = work;
  const nowExpires = expiryOf(observed.from);
  const afterExpires = expiryOf(make?.kind ?? observed.key);
  const made = make === null ? 'existing key' : make.after === null ? 'new key' : 'new version';
  if (from === null) {
    return [
      fact('From', keyNow(observed.resource.customerKey)),
      fact(
        'To',
        joinText([
          md`${bold(to.keyName)} (${plain(made)})`,
          to.follows ? plain('follows new versions') : nothing,
          afterExpires,
        ]),
      ),
    ];
  }
  if (work.retire !== undefined) {
    return [
      fact('Disable', md`${bold(`version ${shortVersion(work.retire)}`)} of ${plain(to.keyName)}`),
      fact('Stays in use', joinText([plain(plannedVersionWords(work)), afterExpires])),
    ];
  }
  if (isUnchanged(work))
    return [fact('Key', joinText([bold(to.keyName), bold(plannedVersionWords(work)), afterExpires]))];
  const elsewhere = sameVaultUri(from.vaultUri, observed.vault.uri)
    ? nothing
    : md`in ${plain(vaultAddress(from.vaultUri))}`;
  return [
    fact('From', joinText([plain(from.keyName), plain(versionBefore(from, work)), elsewhere, nowExpires])),
    fact('To', joinText([bold(to.keyName), bold(plannedVersionWords(work)), afterExpires])),
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

export const checkRow = (mark: (typeof marks)[keyof typeof marks], check: Check): Row => {
  const words = checkWords(check);
  return row(mark, withDates(plain(words.title)), words.text === '' ? [] : [grey(withDates(sentences(words.text)))]);
};

export const passRows = (plan: Plan): Row[] =>
  plan.checks.filter((check) => check.outcome === 'pass').map((check) => checkRow(marks.done, check));

/** `madeVersion`: the version that the run created, if it did. A key that doesn't exist yet has no page. */
export function withPortal(
  card: AdaptiveCard,
  portal: Portal | null,
  plan: Plan,
  madeVersion: string | undefined,
): AdaptiveCard {
  if (portal === null) return card;
  const { to } = workOf(plan);
  const { resource, vault } = plan.observation;
  const name = KeyName.safeParse(to.keyName).data;
  const version = KeyVersion.safeParse(to.keyVersion ?? madeVersion).data;
  const key = name === undefined || version === undefined ? null : portal.key(vault.uri, name, version);
  const view = (what: string, url: string) => link(`View ${what} in Azure portal`, url);
  const links = [
    view('resource', portal.resource(resource.id)),
    view('vault', portal.resource(vault.id)),
    ...(key === null ? [] : [view('key', key)]),
  ];
  const text = joinText(links, '  ·  ');
  const line = { type: 'TextBlock', text, wrap: true, size: 'Small', isSubtle: true, spacing: 'Default' };
  return { ...card, body: [...card.body, line] };
}

export const vaultAddress = (uri: string): string => uri.replace(/^https:\/\//i, '').replace(/\/$/, '');

export const controllerRows = ({ observation: { control } }: Plan): Row[] =>
  control.controllers.map((one, index) => {
    const isNameless = one.type === 'app' && one.name === null;
    const name = isNameless ? 'App (name not readable)' : controllerWords(one);
    return numberedRow(index + 1, plain(name), [
      grey(plain(`Can ${powersWords(one.can)} the key.`)),
      ...(isNameless ? [grey(plain(`To see whose app it is: az ad sp show --id ${one.id}`))] : []),
    ]);
  });

/** `Step 2 of 4: Key vault`: the current page among those that the answers lead through. */
function stepOf(form: Form) {
  const pages = shownPagesOf(operationNamed(form.operation), form);
  const stepNumber = pages.findIndex(({ name }) => name === form.page) + 1;
  const step = plain(`Step ${stepNumber} of ${pages.length}: ${pages[stepNumber - 1]?.label ?? ''}`);
  return { step, stepNumber, stepCount: pages.length };
}

export const canGoBack = (form: Form): boolean =>
  shownPagesOf(operationNamed(form.operation), form)[0]?.name !== form.page;

export function formHeaderOf(form: Form, problem: Refusal | null) {
  const words = problem === null ? null : refusalWords(problem);
  const { title } = operationNamed(form.operation).words;
  return {
    formId: form.id,
    revision: form.revision,
    fallbackText: label(`${title}. Open this in a Teams version that shows cards.`),
    ...stepOf(form),
    problem: words === null ? nothing : md`${bold(words.title)} ${sentences(words.text)}`,
  };
}

/** A command to copy: as a block of code, and for clients without one as text. Never shortened; empty: none. */
export const commandFields = (command: string) => ({ command: plain(command, 2_000), snippet: label(command) });
