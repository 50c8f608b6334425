/**
 * The top of the list of agents: what isn't as approved, which keys expire next, and what Azure Policy refuses.
 */
import { upperFirst } from '../../../domain/strings.ts';
import { severityOf } from '../../../domain/watch/state.ts';
import type { AgentKeyState, DriftSummary } from '../../../operations/fleet.ts';
import type { AgentGuard } from '../../../operations/read-guard.ts';
import { shortDrift } from '../../../text/drift.ts';
import { fleetGuardWords } from '../../../text/guard.ts';
import { fromNow } from '../../../text/instants.ts';
import { countOf } from '../../../text/words.ts';
import { bold, type CardText, date, dateAndTime, md, nothing, plain } from '../plain-text.ts';

export interface FleetSummary {
  readonly drifts: readonly DriftSummary[];
  readonly expiries: readonly AgentKeyState[];
  /** Of the agents that the list counts; null: not read yet. */
  readonly guards: readonly AgentGuard[] | null;
}

interface Top {
  /** `2 agents aren’t as approved`; empty: none was found. */
  readonly driftTitle: CardText;
  readonly driftStyle: 'attention' | 'warning';
  /** What was found, most urgent first: on which agents, since when. */
  readonly drifts: readonly { readonly text: CardText }[];
  /** The keys that expire next. */
  readonly expiries: readonly { readonly text: CardText }[];
  /** What Azure Policy refuses; empty: not shown on this page. */
  readonly guard: CardText;
}

/** On later pages. */
export const noSummary: Top = { driftTitle: nothing, driftStyle: 'warning', drifts: [], expiries: [], guard: nothing };

const mostDrifts = 5;
const mostNames = 2;

function driftLine({ code, agents, since }: DriftSummary): CardText {
  const who = agents.length <= mostNames ? agents.join(', ') : countOf(agents.length, 'agent', 'agents');
  return md`${bold<string>(upperFirst(shortDrift(code)))}: ${plain<string>(who)}, since ${dateAndTime(new Date(since))}`;
}

const expiryLine = ({ name, keyName, ends }: AgentKeyState, now: Date): CardText =>
  ends === null
    ? nothing
    : md`${plain<string>(name)}: ${plain<string>(keyName)}, ${date(new Date(ends))}, ${plain<string>(fromNow(ends, now))}`;

/** `agents`: how many the list counts. */
export function summaryOf({ drifts, expiries, guards }: FleetSummary, agents: number, now: Date): Top {
  const drifted = new Set(drifts.flatMap((one) => one.agents)).size;
  const isCritical = drifts.some(({ code }) => severityOf(code) === 'critical');
  const more = drifts.length - mostDrifts;
  const lines = drifts.slice(0, mostDrifts).map(driftLine);
  const words = drifted === 1 ? '1 agent isn’t as approved' : `${drifted} agents aren’t as approved`;
  return {
    driftTitle: drifted === 0 ? nothing : plain<string>(words),
    driftStyle: isCritical ? 'attention' : 'warning',
    drifts: [
      ...lines,
      ...(more > 0 ? [plain<string>(`And ${countOf(more, 'difference', 'differences')} more`)] : []),
    ].map((text) => ({ text })),
    // Of one agent, its row says it.
    expiries: agents === 1 ? [] : expiries.map((one) => ({ text: expiryLine(one, now) })),
    guard: agents === 0 ? nothing : plain<string>(fleetGuardWords(guards, agents)),
  };
}
