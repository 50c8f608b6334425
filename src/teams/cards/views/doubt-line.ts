/** The first line of a card while a witness contradicts the published log. */
import { marks } from '../data/row.ts';
import { bold, listedText, md, plain } from '../plain-text.ts';
import type { AdaptiveCard } from '../render-card.ts';

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
