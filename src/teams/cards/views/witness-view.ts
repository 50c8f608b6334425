/** The posts about a witness that signed a different version of the audit log, and the warning on other cards meanwhile. */
import type { Contradiction, WitnessStatus } from '../../../domain/ports/published-log.ts';
import { type Addressee, bold, dateAndTime, entitiesOf, listedText, md, plain, quoted } from '../plain-text.ts';
import type { AdaptiveCard } from '../render-card.ts';
import { marks } from '../row.ts';
import { messageCard } from './short-views.ts';

export function contradictsCard(
  name: string,
  { at, detail }: Contradiction,
  addressees: readonly Addressee[],
): AdaptiveCard {
  const called = addressees.map(({ text }) => text);
  const witness = called.length === 0 ? plain('Witness') : md`${listedText(called)}: witness`;
  const what = md`${witness} ${bold(name, 200)} signed a different version of the audit log (since ${dateAndTime(at)}): ${quoted(detail)}.`;
  const remedy = plain(
    'Either the audit log or the witness’s folder was replaced. Don’t rely on the audit log until an operator has compared them: see cmk-bot doctor and docs/audit/publish-and-witness.md#add-a-witness. Requests continue. The bot asks the witness again when an operator says so.',
    600,
  );
  const card = messageCard('Audit log warning', md`${what} ${remedy}`, { color: 'Attention' });
  return { ...card, msteams: { entities: entitiesOf(addressees) } };
}

export function settledCard(name: string, { by, at }: NonNullable<WitnessStatus['cleared']>): AdaptiveCard {
  const text = md`Witness ${bold(name, 200)} is asked again. ${bold(by)} confirmed on ${dateAndTime(at)} that the difference is resolved.`;
  return messageCard('Audit log warning resolved', text);
}

/** With more witnesses than this, only their number is shown. */
const mostNamed = 2;

/** `witnesses`: names of those that signed a different version of the log. */
export function withDoubt(card: AdaptiveCard, witnesses: readonly string[]): AdaptiveCard {
  if (witnesses.length === 0) return card;
  const named = witnesses.slice(0, mostNamed).map((name) => bold(name, 100));
  const others = witnesses.length - named.length;
  const who = listedText([...named, ...(others === 0 ? [] : [plain<string>(`${others} more`)])]);
  const { glyph, glyphColor } = marks.alarm;
  const text = md`${glyph} Audit log warning: ${who} signed a different version of the audit log. Don’t rely on the log until an operator has resolved this. Requests continue.`;
  const line = { type: 'TextBlock', text, wrap: true, size: 'Small', weight: 'Bolder', color: glyphColor };
  return { ...card, body: [line, ...card.body] };
}
