/** The alert about a resource that isn't as approved: one card for each drift, brought up to date until it is over. */

import type { LastVerified } from '../../../domain/watch/drift.ts';
import { type Drift, type DriftFinding, isCritical, type ResourceWatch } from '../../../domain/watch/resource-watch.ts';
import { severityOf } from '../../../domain/watch/state.ts';
import { causeWords, type DriftWords, driftPill, driftWords } from '../../../text/drift.ts';
import {
  type Addressee,
  dateAndTime,
  entitiesOf,
  joinText,
  label,
  listedText,
  md,
  nothing,
  plain,
  withDates,
} from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { marks } from '../row.ts';
import { commandFields } from './parts.ts';
import { messageCard } from './short-views.ts';

const long = 1_000;
/** Teams: `refresh.userIds` takes 60. */
const mostRefreshed = 60;

const boxStyleOf = ({ state }: DriftFinding): 'attention' | 'warning' =>
  severityOf(state.code) === 'critical' ? 'attention' : 'warning';

function boxOf(finding: DriftFinding, words: DriftWords, isOver: boolean, isFirst: boolean) {
  const { state, cause, by, foundAt } = finding;
  const found = md`Found ${dateAndTime(new Date(foundAt))}.`;
  return {
    title: withDates(plain(isOver ? `Was: ${words.title}` : words.title)),
    meaning: isOver ? nothing : plain(words.text, long),
    cause: joinText([found, withDates(plain(causeWords(state.code, cause, by), long))], ' '),
    /** One box alone has a color. */
    boxStyle: !isFirst ? 'emphasis' : isOver ? 'good' : boxStyleOf(finding),
  } as const;
}

/** One safe next step, for the most urgent. An empty text isn't shown. */
const stepOf = (words: DriftWords | undefined) => ({
  next: plain(words?.remedy ?? '', long),
  ...commandFields(words?.az ?? ''),
  button: label(words?.button ?? ''),
  typed: words?.typed ?? '',
});

/** What stands at the top: the state, and how much of it there is. */
function badgeOf(drift: Drift) {
  const { found, closedAt } = drift;
  if (closedAt !== null)
    return { stateLine: plain('As approved again'), stateIcon: marks.done.icon, stateColor: 'Good' as const };
  const isWorst = isCritical(drift);
  return {
    // Of one difference, the box below says it.
    stateLine: plain(
      found.length === 1 ? driftPill(found[0]?.state.code) : `Not as approved: ${found.length} differences`,
    ),
    stateIcon: isWorst ? marks.alarm.icon : marks.warn.icon,
    stateColor: isWorst ? ('Attention' as const) : ('Warning' as const),
  };
}

export function driftCard(
  { id, resourceName }: ResourceWatch,
  drift: Drift,
  verified: LastVerified,
  operators: readonly Addressee[],
): AdaptiveCard {
  const isOver = drift.closedAt !== null;
  const told = drift.found.map((finding) => ({ finding, words: driftWords(finding.state, verified) }));
  const [first] = told;
  const addressees = isOver ? [] : operators;
  const ended = isOver ? md` Closed ${dateAndTime(new Date(drift.closedAt ?? ''))}.` : nothing;
  const titles = told.map(({ words }) => words.title).join('; ');
  const card = renderCard('drift', {
    driftId: id,
    number: drift.number,
    userIds: entitiesOf(addressees)
      .map(({ mentioned }) => mentioned.id)
      .slice(0, mostRefreshed),
    fallbackText: label(`${resourceName}: ${isOver ? 'as approved again' : titles}.`),
    ...badgeOf(drift),
    name: plain(resourceName),
    called: listedText(addressees.map(({ text }) => text)),
    found: told.map(({ finding, words }, n) => boxOf(finding, words, isOver, n === 0)),
    ...stepOf(isOver ? undefined : first?.words),
    basis: md`Opened ${dateAndTime(new Date(drift.openedAt))}.${ended} Approved in ${plain(verified.request)}.`,
  });
  return { ...card, msteams: { entities: entitiesOf(addressees) } };
}

/** The post below an alert that became critical after it was posted. */
export function worseCard(resourceName: string, isNow: boolean, operators: readonly Addressee[]): AdaptiveCard {
  const title = isNow ? 'Now critical' : 'No longer critical';
  const addressees = isNow ? operators : [];
  const words = isNow ? 'The card above shows what changed, and what to do.' : 'The card above shows what is left.';
  const called = listedText(addressees.map(({ text }) => text));
  const card = messageCard(title, joinText([called, md`${plain(resourceName)}: ${plain(words)}`], ' '), {
    color: isNow ? 'Attention' : 'Default',
    fallback: `${resourceName}: ${title.toLowerCase()}.`,
  });
  return { ...card, msteams: { entities: entitiesOf(addressees) } };
}
