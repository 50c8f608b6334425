/** The keys of all resources, the most urgent first, each with its next step. */

import type { Check } from '../../../domain/check.ts';
import { type ArmId, armIdParts } from '../../../domain/ids.ts';
import type { HiddenKinds } from '../../../domain/key-impact.ts';
import type { UnreadSubscription } from '../../../domain/ports/inventory.ts';
import type { FleetState } from '../../../domain/resource-kind.ts';
import { joinList, upperFirst } from '../../../domain/strings.ts';
import { isRepairable, severityOf } from '../../../domain/watch/state.ts';
import type { FleetShow, ListSubject } from '../../../operations/commands/command.ts';
import {
  countsOf,
  type DriftSummary,
  driftSummaries,
  type FleetCounts,
  type ResourceKeyState,
  soonDays,
} from '../../../operations/fleet.ts';
import type { FleetReader } from '../../../operations/read-fleet.ts';
import { operationFrom } from '../../../operations/registry.ts';
import { usualKinds } from '../../../operations/resources/registry.ts';
import { checkWords } from '../../../text/checks.ts';
import { repairCommand, repairVerb, shortDrift } from '../../../text/drift.ts';
import { messageOf, sourceWords } from '../../../text/failures.ts';
import { fromNow } from '../../../text/instants.ts';
import { keyStateTitles } from '../../../text/keys.ts';
import { countOf } from '../../../text/words.ts';
import {
  bold,
  type CardText,
  date,
  dateAndTime,
  joinText,
  label,
  md,
  nothing,
  plain,
  quoted,
  withDates,
} from '../plain-text.ts';
import { coloured, grey, type Line, marks } from '../row.ts';
import type { Viewer } from './list-pages.ts';
import { chipsOf, type DriftBox, type ListPage, noButton, noDrift, thingRow } from './list-view.ts';

const resourcesPerPage = 8;

interface RowContext {
  /** Names that several resources have, in lower case; also those of other pages. */
  readonly repeatedNames: ReadonlySet<string>;
  /** Those of the page that can't take a customer-managed key, with the reason. */
  readonly unsupported: ReadonlyMap<ArmId, Check>;
  readonly asks: boolean;
  readonly now: Date;
}

const stateMarks: Readonly<Record<FleetState, keyof typeof marks>> = {
  'not-as-approved': 'alarm',
  ended: 'alarm',
  'needs-attention': 'alarm',
  'ends-soon': 'warn',
  'request-open': 'now',
  'microsofts-key': 'idle',
  'end-unknown': 'idle',
  'own-key': 'done',
};

/** Where the counts say more than the title. */
const counted: Readonly<Partial<Record<FleetState, string>>> = {
  'ends-soon': `Key expires within ${soonDays} days`,
  'end-unknown': 'Customer-managed key, expiry unknown',
};

const countsIn = (counts: FleetCounts): readonly { readonly count: number; readonly words: string }[] =>
  (Object.keys(keyStateTitles) as FleetState[])
    .filter((state) => counts[state] > 0)
    .map((state) => ({ count: counts[state], words: counted[state] ?? keyStateTitles[state] }));

const mostDrifts = 5;
const mostNames = 2;

function driftLine({ code, names, since }: DriftSummary): CardText {
  const who = names.length <= mostNames ? names.join(', ') : countOf(names.length, 'resource', 'resources');
  return md`${bold(upperFirst(shortDrift(code)))}: ${plain(who)}, since ${dateAndTime(new Date(since))}`;
}

function driftBox(drifts: readonly DriftSummary[]): DriftBox {
  const drifted = new Set(drifts.flatMap(({ ids }) => ids)).size;
  if (drifted === 0) return noDrift;
  const more = drifts.length - mostDrifts;
  const rest = more > 0 ? [plain(`And ${countOf(more, 'difference', 'differences')} more`)] : [];
  return {
    driftTitle: plain(drifted === 1 ? '1 resource isn’t as approved' : `${drifted} resources aren’t as approved`),
    driftStyle: drifts.some(({ code }) => severityOf(code) === 'critical') ? 'attention' : 'warning',
    drifts: [...drifts.slice(0, mostDrifts).map(driftLine), ...rest].map((text) => ({ text })),
  };
}

const waitsWords = {
  approval: 'waiting for approval',
  attention: 'needs attention',
  bot: 'approved or running',
} as const;

function stateLine(resource: ResourceKeyState, { unsupported, now }: RowContext): CardText {
  const { id, state, request, ends, customerKey, drift } = resource;
  const key = plain(customerKey?.keyName ?? '');
  const reason = unsupported.get(id);
  switch (state) {
    case 'not-as-approved':
      return plain(drift.map(shortDrift).join(', '));
    case 'needs-attention':
      return plain(request?.id ?? '');
    case 'request-open':
      return md`${plain(request?.id ?? '')}, ${plain(waitsWords[request?.waits ?? 'bot'])}`;
    case 'ended':
    case 'ends-soon':
      return ends === null ? key : md`${key}, ${date(new Date(ends))}, ${plain(fromNow(ends, now))}`;
    case 'own-key':
      return ends === null ? md`${key}, doesn’t expire` : md`${key}, expires ${date(new Date(ends))}`;
    case 'end-unknown':
      return md`${key}, expiry unknown`;
    case 'microsofts-key':
      return reason === undefined ? nothing : withDates(plain(checkWords(reason).text));
  }
}

function buttonOf(resource: ResourceKeyState, { asks, unsupported }: RowContext) {
  const {
    id,
    state,
    request,
    drift: [found],
  } = resource;
  if (request !== null) return { ...noButton, requestId: request.id, button: label('Open') };
  // The button of the drift's alert, which names its most urgent difference.
  if (asks && found !== undefined && isRepairable(found))
    return { ...noButton, typed: repairCommand(id), button: label(repairVerb) };
  const from = state === 'microsofts-key' ? state : state === 'ended' || state === 'ends-soon' ? 'own-key' : null;
  const operation = from === null || !asks || unsupported.has(id) || !resource.canRequest ? null : operationFrom(from);
  return operation === null ? noButton : { ...noButton, resourceId: id, button: label(operation.words.verb) };
}

const isUsual = ({ kind }: ResourceKeyState): boolean => usualKinds.includes(kind.type.toLowerCase());

/** `Storage account, follows new versions, key shared with 3 others` */
function kindLine({ kind, customerKey, follows, sharedWith }: ResourceKeyState): string {
  const unknown = customerKey?.keyVersion == null ? 'no version pinned' : 'might follow new versions';
  return [
    upperFirst(kind.noun),
    ...(customerKey === null ? [] : [follows === null ? unknown : follows ? 'follows new versions' : 'version pinned']),
    ...(sharedWith === 0 ? [] : [`key shared with ${countOf(sharedWith, 'other', 'others')}`]),
  ].join(', ');
}

function placeLine({ id, name }: ResourceKeyState, { repeatedNames }: RowContext): readonly Line[] {
  const { resourceGroup, subscriptionId } = armIdParts(id);
  return repeatedNames.has(name.toLowerCase())
    ? [grey(plain(`In ${resourceGroup}, subscription ${subscriptionId}`))]
    : [];
}

function rowOf(resource: ResourceKeyState, context: RowContext) {
  const mark = stateMarks[resource.state];
  const { glyphColor } = marks[mark];
  const words = plain(keyStateTitles[resource.state]);
  const detail = stateLine(resource, context);
  const lines = [
    ...placeLine(resource, context),
    ...(isUsual(resource) ? [] : [grey(plain(kindLine(resource)))]),
    glyphColor === 'Default' || glyphColor === 'Good' ? grey(words) : coloured(words, glyphColor),
    ...(detail === '' ? [] : [grey(detail)]),
  ];
  return thingRow(marks[mark], resource.name, lines, buttonOf(resource, context));
}

const chipWords: Readonly<Record<FleetShow, string>> = {
  all: 'All',
  'to-do': 'Act now',
  microsofts: 'Microsoft-managed',
};

const unknownNote = (count: number): CardText =>
  plain(
    `The expiry date of ${countOf(count, 'key', 'keys')} is unknown. The bot hasn’t read it yet, can’t read it, or the resource names no version.`,
  );

const mostUnread = 3;
const mostKinds = 4;

/** `9 agents, 3 storage accounts, 2 other kinds`; empty if there are only agents. */
function kindWords(called: readonly ResourceKeyState[]): string {
  if (called.every(isUsual)) return '';
  const counts = new Map<string, number>();
  for (const { kind } of called) counts.set(kind.noun, (counts.get(kind.noun) ?? 0) + 1);
  const each = [...counts].sort(([, a], [, b]) => b - a);
  const more = each.length - mostKinds;
  return [
    ...each.slice(0, mostKinds).map(([noun, count]) => countOf(count, noun, `${noun}s`.replace(/ys$/, 'ies'))),
    ...(more > 0 ? [countOf(more, 'other kind', 'other kinds')] : []),
  ].join(', ');
}

/** There are too few places for a button for each kind. */
function kindNotes(named: string, called: readonly ResourceKeyState[]): { text: CardText }[] {
  const other = called.find((one) => !isUsual(one));
  if (named !== '' || other === undefined) return [];
  return [{ text: md`To list one kind, type its name, such as ${bold(`/cmk-status ${other.kind.noun}`)}.` }];
}

/** Resource Graph leaves out what the bot can't read. */
function hiddenNotes(hidden: readonly HiddenKinds[]): { text: CardText }[] {
  const nouns = [...new Set(hidden.flatMap((one) => one.nouns))];
  if (nouns.length === 0) return [];
  const what =
    nouns.length > mostKinds ? countOf(nouns.length, 'kind of resource', 'kinds of resources') : joinList(nouns);
  const where = countOf(hidden.length, 'subscription', 'subscriptions');
  return [{ text: plain(`The bot can’t read ${what} in ${where}. To list them too, give it the Reader role there.`) }];
}

function unreadNotes(unread: readonly UnreadSubscription[]): { text: CardText }[] {
  const shown = unread.slice(0, mostUnread).map(({ subscriptionId, failure }) => ({
    text: md`Subscription ${plain(subscriptionId)} couldn’t be read: ${plain(sourceWords(failure))}: ${quoted(messageOf(failure), 300)}`,
  }));
  const more = unread.length - mostUnread;
  return more > 0 ? [...shown, { text: plain(`${countOf(more, 'other', 'others')} couldn’t be read either.`) }] : shown;
}

const nothingToDo: readonly FleetState[] = ['own-key', 'end-unknown', 'microsofts-key'];

const filters: Readonly<Record<FleetShow, (resource: ResourceKeyState) => boolean>> = {
  all: () => true,
  'to-do': ({ state }) => !nothingToDo.includes(state),
  microsofts: ({ state }) => state === 'microsofts-key',
};

const repeatedIn = (names: readonly string[]): ReadonlySet<string> => {
  const known = new Set<string>();
  return new Set(names.filter((name) => known.size === known.add(name).size));
};

/** The answer first: how many need attention. */
function titleOf(called: readonly ResourceKeyState[]): string {
  const all = called.every(isUsual)
    ? countOf(called.length, 'agent', 'agents')
    : countOf(called.length, 'resource', 'resources');
  const urgent = called.filter(filters['to-do']).length;
  if (called.length === 0) return 'No resources';
  if (urgent === 0) return `${all}, none needs attention`;
  return `${urgent} of ${all} ${urgent === 1 ? 'needs' : 'need'} attention`;
}

function subjectOf(named: string, called: readonly ResourceKeyState[]): CardText {
  const places = new Set(called.map(({ id }) => armIdParts(id).subscriptionId.toLowerCase())).size;
  const where = `In ${countOf(places, 'subscription', 'subscriptions')}, most urgent first`;
  const none = called.length === 0;
  const like = named === '' ? nothing : md`${plain(none ? 'Name' : 'name')} or kind like ${quoted(named, 60)}`;
  return joinText([none ? nothing : plain(where), like, plain(kindWords(called))], ', ');
}

/** `id` of the subject: a part of the names or kinds. */
export async function fleetPage(
  fleet: Pick<FleetReader, 'read' | 'unsupported'>,
  { filter, id: named }: Extract<ListSubject, { readonly list: 'agents' }>,
  { asks }: Pick<Viewer, 'asks'>,
  now: Date,
  page: number,
): Promise<ListPage> {
  const { resources, drifts, unread, hidden, asOf } = await fleet.read();
  const isNamed = (...texts: readonly string[]): boolean =>
    texts.some((text) => text.toLowerCase().includes(named.toLowerCase()));
  const called = resources.filter(({ name, kind }) => isNamed(name, kind.noun));
  const shown = called.filter(filters[filter]);
  const onPage = shown.slice((page - 1) * resourcesPerPage, page * resourcesPerPage);
  const withoutKey = onPage.filter(({ state }) => state === 'microsofts-key').map(({ id }) => id);
  const repeatedNames = repeatedIn(resources.map(({ name }) => name.toLowerCase()));
  const context = { repeatedNames, unsupported: await fleet.unsupported(withoutKey), asks, now };
  const counts = countsIn(countsOf(called));
  const unknown = countsOf(called)['end-unknown'];
  const title = titleOf(called);
  const none = filter === 'all' ? 'The bot sees no resource.' : 'No resource matches this filter.';
  return {
    request: null,
    asOf,
    total: shown.length,
    perPage: resourcesPerPage,
    fallbackText: label([title, ...counts.map(({ count, words }) => `${count} ${words}`)].join(', ')),
    title: plain(title),
    subject: subjectOf(named, called),
    box: page === 1 ? driftBox(driftSummaries(drifts, resources, isNamed)) : noDrift,
    counts: joinText(
      counts.map(({ count, words }) => md`${bold(String(count))} ${plain(words)}`),
      '  ·  ',
    ),
    chips: chipsOf(chipWords, filter),
    rows: onPage.map((one) => rowOf(one, context)),
    empty: plain(named === '' ? none : 'No resource has a name or kind like that.'),
    notes: [
      ...kindNotes(named, called),
      ...unreadNotes(unread),
      ...hiddenNotes(hidden),
      ...(unknown === 0 ? [] : [{ text: unknownNote(unknown) }]),
    ],
  };
}
