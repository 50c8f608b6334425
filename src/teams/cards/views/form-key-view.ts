import { sameArmId } from '../../../domain/ids.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import { joinList } from '../../../domain/strings.ts';
import { isUsable, type JudgedKey, type JudgedVault } from '../../../operations/choose.ts';
import type { Form } from '../../../operations/form.ts';
import type { FactsOf } from '../../../operations/pages/page.ts';
import { kindNamed } from '../../../operations/resources/registry.ts';
import { checkWords } from '../../../text/checks.ts';
import { utcDay } from '../../../text/instants.ts';
import { regionWords } from '../../../text/places.ts';
import { bold, type Label, label, md, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { grey, marks, type Row, row, styleFor } from '../row.ts';
import { canGoBack, formHeaderOf } from './parts.ts';

/** Vaults or keys that can't be used, each with the reason. */
const unusableOf = <T>(all: readonly T[], rowOf: (one: T) => Row) => ({
  unusable: all.slice(0, 15).map(rowOf),
  unusableTitle: label(`${all.length} not usable`),
});

interface Choice {
  readonly title: Label;
  readonly value: string;
}

/** Phones show a listed choice twice if it's found. One must be there. */
function offered(choices: Choice[], selected: Choice | undefined) {
  const searched = choices.length > 15;
  const listed = searched ? [selected, ...choices].filter((one) => one !== undefined).slice(0, 1) : choices;
  return { style: styleFor(choices.length), choices: listed, searched, selected: selected?.value ?? '' };
}

const changes = ({ vault }: JudgedVault): readonly string[] => [
  ...(vault.softDelete ? [] : ['soft delete']),
  ...(vault.purgeProtection ? [] : ['purge protection']),
];

export function vaultTitle(one: JudgedVault): string {
  const todo = changes(one);
  const region = one.otherRegion ? `${regionWords(one.vault.location)} (another region)` : 'same region';
  return [
    `${one.vault.name}: ${region}`,
    ...(one.otherSubscription ? ['another subscription'] : []),
    todo.length === 0 ? 'no changes' : `turns on ${joinList(todo)}, which can’t be undone`,
  ].join(', ');
}

function whyNot(one: JudgedVault): string {
  if (one.otherTenant) return 'It’s in another tenant.';
  if (one.notPermitted) {
    return one.otherSubscription
      ? 'It’s in another subscription. The approval policy doesn’t allow that for this resource.'
      : 'The approval policy allows only other vaults for this resource.';
  }
  return 'Its firewall blocks this kind of resource.';
}

/** The vault page: usable vaults first, each with what would change. */
export function vaultPageCard(
  form: Form,
  { resource, vaults, chosen: id }: FactsOf<'vault'>,
  problem: Refusal | null,
): AdaptiveCard {
  const usable = vaults.filter(isUsable);
  const unusable = vaults.filter((one) => !isUsable(one));
  const choices = usable.map((one) => ({ title: label(vaultTitle(one)), value: one.vault.name }));
  const chosen = vaults.find((one) => id !== null && sameArmId(one.vault.id, id));
  const [only] = usable.length === 1 ? choices : [];
  const selected = choices.find((choice) => choice.value === chosen?.vault.name) ?? only;
  return renderCard('form-vault', {
    ...formHeaderOf(form, problem),
    ...(chosen === undefined || isUsable(chosen)
      ? {}
      : { problem: md`${bold(`${chosen.vault.name} can’t be used.`)} ${plain(whyNot(chosen))}` }),
    canGoBack: canGoBack(form),
    subject: md`${plain(resource.name)}  ·  ${plain(regionWords(resource.location))}`,
    ...offered(choices, selected),
    ...unusableOf(unusable, (one) => row(marks.bad, plain(one.vault.name), [grey(plain(whyNot(one)))])),
    coverage:
      vaults.length === 0
        ? plain('The bot can read no key vault: that takes Microsoft.KeyVault/vaults/read.')
        : nothing,
  });
}

type Facts = FactsOf<'key'>;

const kind = ({ key }: JudgedKey): string => `${key.type}${key.size === null ? '' : ` ${key.size}`}`;
const expiry = ({ key }: JudgedKey): string => (key.expires === null ? 'no expiry' : `expires ${utcDay(key.expires)}`);

export const keyTitle = (one: JudgedKey): string =>
  `${one.key.name} · ${kind(one)} · ${one.fit ? expiry(one) : 'not usable'}`;

const unfitRow = (one: JudgedKey): Row =>
  row(
    marks.bad,
    plain(one.key.name),
    one.checks
      .filter((check) => check.outcome === 'block')
      .map((check) => grey(plain(checkWords(check).title)))
      .slice(0, 6),
  );

const unfitIn = (keys: readonly JudgedKey[]): readonly JudgedKey[] => keys.filter(({ fit }) => !fit);

const day = (at: Date): string => at.toISOString().slice(0, 10);
const years = (from: Date, count: number): Date =>
  new Date(Date.UTC(from.getUTCFullYear() + count, from.getUTCMonth(), from.getUTCDate()));

function freeName(resourceName: string, taken: readonly string[]): string {
  const base = `cmk-${resourceName}`.replace(/[^0-9A-Za-z-]/g, '-').slice(0, 120);
  if (!taken.includes(base)) return base;
  let count = 2;
  while (taken.includes(`${base}-${count}`)) count++;
  return `${base}-${count}`;
}

const headerOf = (form: Form, { resource, vault, chosen }: Facts, problem: Refusal | null) => ({
  ...formHeaderOf(form, problem),
  subject: md`${plain(resource.name)}  ·  ${plain(vault.name)}`,
  canFollow: kindNamed(resource.kind).follows === true,
  followVersions: chosen?.follows ? ('true' as const) : ('false' as const),
});

function existingPage(form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard {
  const fit = facts.keys.filter((one) => one.fit);
  const choices = fit.map((one) => ({ title: label(keyTitle(one)), value: one.key.name as string }));
  const [only] = fit.length === 1 ? choices : [];
  const chosen = choices.find(({ value }) => value === facts.chosen?.name) ?? only;
  return renderCard('form-key-existing', {
    ...headerOf(form, facts, problem),
    title: md`Which key of ${plain(facts.vault.name)}?`,
    ...offered(choices, chosen),
    ...unusableOf(unfitIn(facts.keys), unfitRow),
  });
}

function newPage(form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard {
  const { resource, vault, keys, chosen, now } = facts;
  const made = chosen?.kind === 'new' ? chosen : null;
  const taken = keys.map((one) => one.key.name);
  const none = keys.some((one) => one.fit)
    ? nothing
    : plain(keys.length === 0 ? 'The vault has no key yet.' : 'No key of the vault suits this resource.');
  return renderCard('form-key-new', {
    ...headerOf(form, facts, problem),
    title: md`A new key in ${plain(vault.name)}`,
    noneSuits: none,
    newKeyName: made?.name ?? freeName(resource.name, taken),
    keyType: made?.key.type ?? 'RSA',
    keySize: made === null ? '3072' : (String(made.key.size) as '2048' | '3072' | '4096'),
    keyExpiry: made?.key.expires?.slice(0, 10) ?? day(years(now, 2)),
    keyExpiryMin: day(new Date(now.getTime() + 86_400_000)),
    keyExpiryMax: day(years(now, 10)),
    keyExpiryNote: plain('Two years from now unless you choose another day.'),
    ...unusableOf(none === nothing ? [] : unfitIn(keys), unfitRow),
  });
}

/** Which key of the vault: an existing one where one suits, or a new one. */
export const keyPageCard = (form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard =>
  facts.way === 'existing' ? existingPage(form, facts, problem) : newPage(form, facts, problem);
