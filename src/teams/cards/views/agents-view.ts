/** A chart of all agents, and a page of them with each one's next step. */

import type { Check } from '../../../domain/check.ts';
import { type ArmId, armIdParts } from '../../../domain/ids.ts';
import type { UnreadSubscription } from '../../../domain/ports/inventory.ts';
import { isRepairable } from '../../../domain/watch/state.ts';
import type { FleetShow } from '../../../operations/commands/command.ts';
import { type AgentKeyState, type FleetCounts, type FleetState, soonDays } from '../../../operations/fleet.ts';
import { operationFrom } from '../../../operations/registry.ts';
import { checkWords } from '../../../text/checks.ts';
import { repairCommand, repairVerb, shortDrift } from '../../../text/drift.ts';
import { messageOf, sourceWords } from '../../../text/failures.ts';
import { fromNow } from '../../../text/instants.ts';
import { countOf } from '../../../text/words.ts';
import {
  bold,
  type CardText,
  date,
  joinText,
  type Label,
  label,
  md,
  nothing,
  plain,
  quoted,
  time,
  withDates,
} from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { coloured, grey, type Line, marks } from '../row.ts';
import { type FleetSummary, noSummary, summaryOf } from './agents-summary.ts';
import { chipsOf, pagesOf } from './list-view.ts';

export const agentsPerPage = 8;
export const mostExpiries = 3;

export interface AgentsContent extends FleetSummary {
  readonly show: FleetShow;
  /** A part of the names; empty: all. */
  readonly named: string;
  /** For all agents with this name, not only those of the page. */
  readonly counts: FleetCounts;
  readonly subscriptions: number;
  /** Agents of this page. */
  readonly agents: readonly AgentKeyState[];
  /** Names that several agents have, in lower case; also those of other pages. */
  readonly repeatedNames: ReadonlySet<string>;
  /** Those of the page that can't take a customer-managed key, with the reason. */
  readonly unsupported: ReadonlyMap<ArmId, Check>;
  /** The number on all pages. */
  readonly total: number;
  /** Subscriptions that couldn't be read. */
  readonly unread: readonly UnreadSubscription[];
  /** True if the reader can make requests. */
  readonly asks: boolean;
  readonly asOf: Date;
  readonly now: Date;
}

type Mark = keyof typeof marks;

interface Look {
  readonly mark: Mark;
  readonly legend: string;
  readonly color: ChartColor;
}

/** Colors of Teams' charts. */
type ChartColor =
  | ('attention' | 'warning' | 'categoricalRed' | 'categoricalPurple')
  | ('categoricalBlue' | 'good' | 'categoricalTeal' | 'neutral');

/** Most urgent first: an expired key can make data unreadable. */
const looks: Readonly<Record<FleetState, Look>> = {
  'not-as-approved': { mark: 'alarm', legend: 'Not as approved', color: 'categoricalRed' },
  ended: { mark: 'alarm', legend: 'Key expired', color: 'attention' },
  'needs-attention': { mark: 'alarm', legend: 'Needs attention', color: 'categoricalPurple' },
  'ends-soon': { mark: 'warn', legend: `Key expires within ${soonDays} days`, color: 'warning' },
  'request-open': { mark: 'now', legend: 'Request open', color: 'categoricalBlue' },
  'microsofts-key': { mark: 'idle', legend: 'Microsoft-managed key', color: 'neutral' },
  'end-unknown': { mark: 'idle', legend: 'Customer-managed key, expiry unknown', color: 'categoricalTeal' },
  'own-key': { mark: 'done', legend: 'Customer-managed key', color: 'good' },
};
const partsInOrder = Object.keys(looks) as (keyof typeof looks)[];

/** Returns the parts of the chart, with their texts for clients without charts. */
const partsOf = (counts: FleetCounts) =>
  partsInOrder
    .filter((state) => counts[state] > 0)
    .map((state) => {
      const { mark, legend, color } = looks[state];
      const value = counts[state];
      const words = md`${bold<string>(String(value))} ${plain<string>(legend)}`;
      return { legend: label(legend), value, color, ...marks[mark], words };
    });

const waitsWords = {
  approval: 'waiting for approval',
  attention: 'needs attention',
  nobody: 'approved or running',
} as const;

function stateLine(agent: AgentKeyState, { unsupported, now }: AgentsContent): CardText {
  const { id, state, request, ends, keyName, drift } = agent;
  const key = plain(keyName);
  const reason = unsupported.get(id);
  switch (state) {
    case 'not-as-approved':
      return plain<string>(drift.map(shortDrift).join(', '));
    case 'needs-attention':
      return plain<string>(request?.id ?? '');
    case 'request-open':
      return md`${plain<string>(request?.id ?? '')}, ${plain<string>(waitsWords[request?.waits ?? 'nobody'])}`;
    case 'ended':
    case 'ends-soon':
      return ends === null ? key : md`${key}, ${date(new Date(ends))}, ${plain<string>(fromNow(ends, now))}`;
    case 'own-key':
      return ends === null ? md`${key}, doesn’t expire` : md`${key}, expires ${date(new Date(ends))}`;
    case 'end-unknown':
      return md`${key}, expiry unknown`;
    case 'microsofts-key':
      return reason === undefined ? nothing : withDates(plain<string>(checkWords(reason).text));
  }
}

const titles: Readonly<Record<FleetState, string>> = {
  'needs-attention': 'Needs attention',
  'not-as-approved': 'Not as approved',
  ended: 'Key expired',
  'ends-soon': 'Key expires soon',
  'request-open': 'Request open',
  'microsofts-key': 'Microsoft-managed key',
  'end-unknown': 'Customer-managed key',
  'own-key': 'Customer-managed key',
};

interface Step {
  /** Its open request, which the button opens; or empty. */
  readonly requestId: string;
  /** The agent whose form the button opens; empty if nothing is needed or the reader can't make requests. */
  readonly resourceId: string;
  /** The command that the button types, as on the agent's alert; empty: none. */
  readonly typed: string;
  readonly button: Label;
}
const noStep: Step = { requestId: '', resourceId: '', typed: '', button: label('') };

/** Returns the agent's next step as its only button, if it has one. */
function stepOf({ id, state, request, drift: [found] }: AgentKeyState, { asks, unsupported }: AgentsContent): Step {
  if (request !== null) return { ...noStep, requestId: request.id, button: label('Open') };
  // The button of the drift's alert, which names its most urgent difference.
  if (asks && found !== undefined && isRepairable(found))
    return { ...noStep, typed: repairCommand(id), button: label(repairVerb) };
  const from = state === 'microsofts-key' ? state : state === 'ended' || state === 'ends-soon' ? 'own-key' : null;
  const operation = from === null || !asks || unsupported.has(id) ? null : operationFrom(from);
  return operation === null ? noStep : { ...noStep, resourceId: id, button: label(operation.words.verb) };
}

function placeLine({ id, name }: AgentKeyState, { repeatedNames }: AgentsContent): readonly Line[] {
  const { resourceGroup, subscriptionId } = armIdParts(id);
  return repeatedNames.has(name.toLowerCase())
    ? [grey(plain<string>(`In ${resourceGroup}, subscription ${subscriptionId}`))]
    : [];
}

function rowOf(agent: AgentKeyState, content: AgentsContent) {
  const { state } = agent;
  const { mark } = looks[state];
  const { glyphColor } = marks[mark];
  const words = plain<string>(titles[state]);
  const detail = stateLine(agent, content);
  return {
    ...marks[mark],
    name: plain(agent.name),
    lines: [
      ...placeLine(agent, content),
      glyphColor === 'Default' || glyphColor === 'Good' ? grey(words) : coloured(words, glyphColor),
      ...(detail === '' ? [] : [grey(detail)]),
    ],
    ...stepOf(agent, content),
  };
}

const chipWords: Readonly<Record<FleetShow, string>> = {
  all: 'All',
  'to-do': 'Act now',
  microsofts: 'Microsoft-managed',
};

const unknownNote = (count: number): CardText =>
  plain<string>(
    `The expiry date of ${countOf(count, 'key', 'keys')} is unknown. The bot hasn’t read it yet, can’t read it, or the agent uses no fixed version.`,
  );

const mostUnread = 3;

/** Returns what the card doesn't contain, with the reason. */
function unreadNotes(unread: readonly UnreadSubscription[]): { text: CardText }[] {
  const shown = unread.slice(0, mostUnread).map(({ subscriptionId, failure }) => ({
    text: md`Subscription ${plain(subscriptionId)} couldn’t be read: ${plain<string>(sourceWords(failure))}: ${quoted(messageOf(failure), 300)}`,
  }));
  const more = unread.length - mostUnread;
  return more > 0
    ? [...shown, { text: plain<string>(`${countOf(more, 'other', 'others')} couldn’t be read either.`) }]
    : shown;
}

function emptyOf({ named, show }: AgentsContent): string {
  if (named !== '') return 'No agent has a name like that.';
  return show === 'all' ? 'The bot sees no agent.' : 'No agent matches this filter.';
}

export function agentsCard(id: string, content: AgentsContent, page: number): AdaptiveCard {
  const { show, named, counts, subscriptions, agents, total, asOf } = content;
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const title = all === 0 ? 'No agents' : `Encryption keys of ${countOf(all, 'agent', 'agents')}`;
  const parts = partsOf(counts);
  const unknown = counts['end-unknown'];
  return renderCard('agents', {
    formId: id,
    fallbackText: label([title, ...parts.map(({ value, legend }) => `${value} ${legend}`)].join(', ')),
    title: plain<string>(title),
    subject: joinText(
      [
        all === 0
          ? nothing
          : plain<string>(`In ${countOf(subscriptions, 'subscription', 'subscriptions')}, most urgent first`),
        named === '' ? nothing : md`${plain<string>(all === 0 ? 'Named' : 'named')} like ${quoted<string>(named, 60)}`,
      ],
      ', ',
    ),
    asOf: md`Updated ${time(asOf)}`,
    ...(page === 1 ? summaryOf(content, all, content.now) : noSummary),
    parts,
    chips: [...chipsOf(chipWords, show)],
    rows: agents.map((agent) => rowOf(agent, content)),
    empty: total === 0 ? plain<string>(emptyOf(content)) : nothing,
    ...pagesOf(total, page, agentsPerPage, agents.length),
    notes: [...unreadNotes(content.unread), ...(unknown === 0 ? [] : [{ text: unknownNote(unknown) }])],
  });
}
