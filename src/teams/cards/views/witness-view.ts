/** Posts about a witness that contradicts the log, and about the resolution. */
import type { Contradiction, WitnessStatus } from '../../../domain/ports/published-log.ts';
import { utcMinute } from '../../../text/instants.ts';
import {
  type Addressee,
  bold,
  type CardText,
  entitiesOf,
  label,
  listedText,
  md,
  nothing,
  plain,
  quoted,
} from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';

const posted = (title: string, titleColor: 'Attention' | 'Default', text: CardText): AdaptiveCard =>
  renderCard('message', {
    fallbackText: label(title),
    title: plain<string>(title),
    titleColor,
    text,
    reference: nothing,
  });

export function contradictsCard(
  name: string,
  { at, detail }: Contradiction,
  addressees: readonly Addressee[],
): AdaptiveCard {
  const called = addressees.map(({ text }) => text);
  const witness = called.length === 0 ? plain('Witness') : md`${listedText(called)}: witness`;
  const since = plain<string>(utcMinute(at.toISOString()));
  const what = md`${witness} ${bold(name, 200)} knows another history of it since ${since}: ${quoted(detail)}.`;
  const mend = plain(
    'Either the record was made anew or the witness’s folder was. Do not rely on the record until the two are compared: the doctor (cmk-bot doctor) and docs/how-to/run-a-witness.md say how. Requests go on, and the witness is not asked again until an operator says so.',
    600,
  );
  const card = posted('The record is in doubt', 'Attention', md`${what} ${mend}`);
  return { ...card, msteams: { entities: entitiesOf(addressees) } };
}

export function settledCard(name: string, { by, at }: NonNullable<WitnessStatus['cleared']>): AdaptiveCard {
  const when = plain<string>(utcMinute(at.toISOString()));
  const text = md`Witness ${bold(name, 200)} is asked again: ${bold(by)} said on ${when} that what it refused is settled.`;
  return posted('The record was in doubt', 'Default', text);
}
