import type { Refusal } from '../../../domain/request/refusal.ts';
import type { JudgedKey } from '../../../operations/choose.ts';
import type { Form } from '../../../operations/form.ts';
import type { FactsOf } from '../../../operations/pages/page.ts';
import { checkWords } from '../../../text/checks.ts';
import { utcDay } from '../../../text/instants.ts';
import { grey, marks, type Row, row, styleFor } from '../data/row.ts';
import { label, md, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { formHeaderOf } from './parts.ts';

type Facts = FactsOf<'key'>;

const kind = ({ key }: JudgedKey): string => `${key.type}${key.size === null ? '' : ` ${key.size}`}`;
const expiry = ({ key }: JudgedKey): string => (key.expires === null ? 'no expiry' : `expires ${utcDay(key.expires)}`);

export const keyTitle = (one: JudgedKey): string =>
  `${one.key.name} · ${kind(one)} · ${one.fit ? expiry(one) : 'not usable'}`;

const unusableRow = (one: JudgedKey): Row =>
  row(
    marks.bad,
    plain(one.key.name),
    one.checks
      .filter((check) => check.outcome === 'block')
      .map((check) => grey(plain(checkWords(check).title)))
      .slice(0, 6),
  );

const day = (at: Date): string => at.toISOString().slice(0, 10);
const years = (from: Date, count: number): Date =>
  new Date(Date.UTC(from.getUTCFullYear() + count, from.getUTCMonth(), from.getUTCDate()));

/** Returns a key name that the vault doesn't have yet. */
function freeName(resourceName: string, taken: readonly string[]): string {
  const base = `cmk-${resourceName}`.replace(/[^0-9A-Za-z-]/g, '-').slice(0, 120);
  if (!taken.includes(base)) return base;
  let count = 2;
  while (taken.includes(`${base}-${count}`)) count++;
  return `${base}-${count}`;
}

const unusableOf = (keys: readonly JudgedKey[]) => {
  const unfit = keys.filter((one) => !one.fit);
  return { unusable: unfit.slice(0, 15).map(unusableRow), unusableTitle: label(`${unfit.length} not usable`) };
};

const headerOf = (form: Form, { resource, vault }: Facts, problem: Refusal | null) => ({
  ...formHeaderOf(form, problem),
  subject: md`${plain(resource.name)}  ·  ${plain(vault.name)}`,
});

function existingPage(form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard {
  const fit = facts.keys.filter((one) => one.fit);
  const choices = fit.slice(0, 15).map((one) => ({ title: label(keyTitle(one)), value: one.key.name as string }));
  const [only] = fit.length === 1 ? choices : [];
  const chosen = choices.find(({ value }) => value === facts.chosen?.name) ?? only;
  return renderCard('form-key-existing', {
    ...headerOf(form, facts, problem),
    title: md`Which key of ${plain(facts.vault.name)}?`,
    style: styleFor(fit.length),
    choices,
    selected: chosen?.value ?? '',
    ...unusableOf(facts.keys),
  });
}

function newPage(form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard {
  const { resource, vault, keys, chosen, now } = facts;
  const made = chosen?.kind === 'new' ? chosen : null;
  const taken = keys.map((one) => one.key.name);
  const none = keys.some((one) => one.fit)
    ? nothing
    : plain<string>(keys.length === 0 ? 'The vault has no key yet.' : 'No key of the vault suits this agent.');
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
    ...unusableOf(none === nothing ? [] : keys),
  });
}

/** Which key of the vault: an existing one where one suits, or a new one. */
export const keyPageCard = (form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard =>
  facts.way === 'existing' ? existingPage(form, facts, problem) : newPage(form, facts, problem);
