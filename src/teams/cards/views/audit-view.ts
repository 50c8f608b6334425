/**
 * The audit channel: one root post for each request, with its events as replies. A copy of the audit log that shows how
 * far it goes.
 */
import { shortDigest, wholeDigest } from '../../../domain/digest.ts';
import { stepsOf } from '../../../domain/plan.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import type { Request } from '../../../domain/request/request.ts';
import type { WitnessSummary, WitnessView } from '../../../domain/witnessing.ts';
import { eventWords } from '../../../text/events.ts';
import { utcTimeOfDay } from '../../../text/instants.ts';
import { enoughWords, witnessWords } from '../../../text/witnesses.ts';
import { countOf, type Names } from '../../../text/words.ts';
import { bold, dateAndTime, label, md, nothing, plain, quoted } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { fact } from '../row.ts';
import { changeLine } from './parts.ts';
import { messageCard } from './short-views.ts';
import { stateLineOf } from './state-line.ts';

export const eventsPerReply = 20;

export function auditRootCard(request: Request, names: Names, shownUpTo: number): AdaptiveCard {
  const irreversible = [
    ...request.earlier.filter(({ step }) => step.reversibility === 'irreversible').map((one) => one.isConfirmed),
    ...stepsOf(request.plan, 'irreversible').map((step) =>
      request.progress.some((one) => one.name === step.name && one.state === 'done'),
    ),
  ];
  const mark = `${countOf(irreversible.length, 'step', 'steps')}, ${irreversible.every(Boolean) ? 'completed' : 'not completed'}`;
  return renderCard('audit-root', {
    fallbackText: label(`${request.id}: ${request.resourceName}`),
    requestId: request.id,
    resource: plain(request.resourceName),
    change: changeLine(request.plan),
    facts: [
      fact('Requester', plain(names(request.requester))),
      fact('State', plain(stateLineOf(request).text)),
      fact('Can’t be undone', plain(irreversible.length === 0 ? 'none' : mark)),
      fact('Plan digest', plain(shortDigest(request.digest))),
    ],
    shownUpTo: plain(String(shownUpTo)),
  });
}

/** One reply: events in order, and the hash of the chain at the last one. */
export function auditReplyCard(
  request: Request,
  events: readonly StoredEvent[],
  hash: string,
  names: Names,
): AdaptiveCard {
  const first = events[0];
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new Error(`an audit reply of ${request.id} without events`);
  const range = first.seq === last.seq ? `Event ${first.seq}` : `Events ${first.seq} – ${last.seq}`;
  return renderCard('audit-reply', {
    fallbackText: label(`${request.id}: ${range}`),
    requestId: request.id,
    title: plain(`${range}, times in UTC`),
    events: events.map((event) => {
      // An erased text must not remain in a channel.
      const words = eventWords(event, names, { texts: false });
      return {
        sequence: plain(String(event.seq)),
        text: words.detail === '' ? bold(words.title) : md`${bold(words.title)}: ${plain(words.detail, 400)}`,
        time: plain(utcTimeOfDay(event.time)),
      };
    }),
    chain: plain(`Chain at ${last.seq}: ${wholeDigest(hash)}`),
  });
}

/** A name of 200 characters and a signature. */
const longestLine = 500;

const linesOf = (text: string): { text: ReturnType<typeof plain> }[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ text: plain(line, longestLine) }));

/** `note`: the whole signed note. `witnessing`: null without witnesses. */
export function auditCheckpointCard(
  { size, note }: { readonly size: number; readonly note: string },
  witnessing: WitnessSummary | null,
): AdaptiveCard {
  const [text = '', signatures = ''] = note.split('\n\n');
  const title = `Checkpoint of ${countOf(size, 'event', 'events')}`;
  const enough = witnessing === null || witnessing.current >= witnessing.needed;
  return renderCard('audit-checkpoint', {
    fallbackText: label(title),
    title: plain(title),
    witnessed: witnessing === null ? nothing : plain(enoughWords(witnessing)),
    witnessedColor: enough ? 'Default' : 'Warning',
    lines: linesOf(text),
    signatures: linesOf(signatures),
  });
}

/** A witness whose signature is missing, or who signed a different version of the log. */
export function witnessCard(view: WitnessView, now: Date): AdaptiveCard {
  const { contradiction } = view.report ?? {};
  const what =
    contradiction == null
      ? md`Witness ${bold(view.name, 200)}: ${plain(witnessWords(view, now), 400)}.`
      : md`Witness ${bold(view.name, 200)} signed a different version of the audit log (since ${dateAndTime(contradiction.at)}): ${quoted(contradiction.detail)}. Either the audit log or the witness’s state was replaced.`;
  const remedy = plain(
    'Runs wait while too few witnesses sign. An operator finds out why: cmk-bot doctor --only record/witnesses.',
  );
  return messageCard('Audit log warning', md`${what} ${remedy}`, { color: 'Attention' });
}
