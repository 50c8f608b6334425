import type { Refusal } from '../../../domain/request/refusal.ts';
import type { JudgedKey } from '../../../operations/choose.ts';
import type { Form } from '../../../operations/form.ts';
import type { FactsOf } from '../../../operations/pages/page.ts';
import { checkWords } from '../../../words/checks.ts';
import { shortVersion } from '../../../words/places.ts';
import { grey, marks, type Row, row } from '../data/row.ts';
import { dayLabel, label, md, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { formHeaderOf } from './form-header.ts';

type Facts = FactsOf<'key'>;

const kind = ({ key }: JudgedKey): string => `${key.type}${key.size === null ? '' : ` ${key.size}`}`;
const expiry = ({ key }: JudgedKey): string =>
  key.expires === null ? 'no expiry' : `expires ${dayLabel(new Date(key.expires))}`;

/** How one key stands in the list. */
export const keyTitle = (one: JudgedKey): string =>
  `${one.key.name} · ${kind(one)} · ${one.fit ? expiry(one) : 'not usable'}`;

const suitableRow = (one: JudgedKey): Row =>
  row(
    marks.done,
    plain(one.key.name),
    [grey(plain<string>(`${kind(one)}, ${expiry(one)}, version ${shortVersion(one.key.version)}`))],
    { nameWeight: 'Bolder' },
  );

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

/** A name that the vault does not have yet. */
function freeName(resourceName: string, taken: readonly string[]): string {
  const base = `cmk-${resourceName}`.replace(/[^0-9A-Za-z-]/g, '-').slice(0, 120);
  if (!taken.includes(base)) return base;
  let count = 2;
  while (taken.includes(`${base}-${count}`)) count++;
  return `${base}-${count}`;
}

/** Which key of the vault. Fit keys first; the settings of a new one are folded until it is chosen. */
export function keyPage(
  form: Form,
  { resource, vault, keys, chosen }: Facts,
  problem: Refusal | null,
  now = new Date(),
): AdaptiveCard {
  const fit = keys.filter((one) => one.fit);
  const unfit = keys.filter((one) => !one.fit);
  const isNew = chosen?.kind === 'new' || fit.length === 0;
  const made = chosen?.kind === 'new' ? chosen : null;
  const choices = [
    ...fit.slice(0, 15).map((one) => ({ title: label(keyTitle(one)), value: one.key.name as string })),
    { title: label(`+ New key in ${vault.name}`), value: 'new' },
  ];
  return renderCard('form-key', {
    ...formHeaderOf(form, problem),
    title: plain(isNew ? 'A new key' : 'Which key?'),
    subject: md`${plain(resource.name)}  ·  ${plain(vault.name)}`,
    choices,
    selected: isNew ? 'new' : (choices.find((choice) => choice.value === chosen?.name)?.value ?? ''),
    suitable: fit.slice(0, 15).map(suitableRow),
    unusable: unfit.slice(0, 15).map(unusableRow),
    unusableTitle: label(`${unfit.length} not usable ▾`),
    newKeyOpen: isNew,
    newKeyName:
      made?.name ??
      freeName(
        resource.name,
        keys.map((one) => one.key.name),
      ),
    keyType: made?.key.type ?? 'RSA',
    keySize: made === null ? '3072' : (String(made.key.size) as '2048' | '3072' | '4096'),
    keyExpiry: made?.key.expires?.slice(0, 10) ?? day(years(now, 2)),
    keyExpiryMin: day(new Date(now.getTime() + 86_400_000)),
    keyExpiryMax: day(years(now, 10)),
    keyExpiryNote: plain('Two years from now unless you choose another day.'),
  });
}
