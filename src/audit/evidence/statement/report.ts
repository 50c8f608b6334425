/** The statement of a period for people: one HTML page. The first printed page is what changed. */
import type { DriftChange } from '../../../domain/statement/drifts.ts';
import type { Period } from '../../../domain/statement/period.ts';
import {
  countedNames,
  hasChanged,
  type KeyChanged,
  type StatedAgent,
  type Statement,
  statementOf,
} from '../../../domain/statement/statement.ts';
import { joinList } from '../../../domain/strings.ts';
import { parseEventBody } from '../../../operations/registry.ts';
import { shortDrift } from '../../../text/drift.ts';
import { guardLine } from '../../../text/guard.ts';
import { utcDay, utcMinute } from '../../../text/instants.ts';
import {
  ageWords,
  countTitles,
  driftStateWords,
  exceptionWords,
  expiryWords,
  gapWords,
  levelWords,
  statedKeyWords,
  statementSentences,
} from '../../../text/statement.ts';
import { countOf } from '../../../text/words.ts';
import type { SignedCheckpoint } from '../../anchor/read-anchor.ts';
import { jsonFile, maxBytes, type PackFiles, packFile, statementFile, sumsOf } from '../../pack/files.ts';
import { statedLog, streamEvents } from '../../pack/verify-statement.ts';
import { keyLine, type VerifierKey } from '../../tlog/keys.ts';
import { signedBy, verifySection } from '../make-pack.ts';
import { controlsTable, otherControls, reviewSection, statementControls, statementOthers } from '../report/controls.ts';
import {
  bullet,
  type Column,
  type Html,
  html,
  htmlTable,
  id,
  none,
  reportPage,
  section,
  topFact,
} from '../report/page.ts';
import type { ReportFacts } from '../report/report.ts';

/** Version of the report. Increase it with each change of the output for the same events. */
export const statementMadeBy = '<meta name="generator" content="cmk-bot statement report 2">';

type StatementFacts = Pick<ReportFacts, 'note' | 'witness' | 'vault' | 'madeOf'> & {
  readonly statement: Statement;
};

/** Rows of a list when nothing changed, so that the statement stays one page. */
const fewRows = 8;

const upTo = <T>({ statement }: StatementFacts, rows: readonly T[]): readonly T[] =>
  hasChanged(statement) ? rows : rows.slice(0, fewRows);
const moreWords = (facts: StatementFacts, rows: readonly unknown[]): Html =>
  upTo(facts, rows).length === rows.length
    ? none
    : html`<p class="full">The first ${fewRows} of ${rows.length}. All are in ${id('statement.json')}.</p>`;

function head({ statement, witness }: StatementFacts): Html {
  const { period, before, summary, log, lastEvent } = statement;
  const signed = witness === null ? 'signed; no witness has signed it' : `witnessed on ${utcDay(witness.at)}`;
  const last =
    lastEvent === null ? 'no event counts' : `the last that counts is ${lastEvent.event}, ${utcMinute(lastEvent.time)}`;
  return html`<header>
<div class="head"><h1>Statement of all agents, ${period.from} to ${period.to}</h1><p>all times UTC</p></div>
<p class="verdict">${statementSentences(statement).join(' ')}</p>
<p class="but">Compared with ${before.from} to ${before.to}. Everything is calculated from the audit log. Section 4 lists what the log <b>doesn’t</b> say.</p>
<dl class="facts">
${topFact('Agents', `${summary.withApprovedKey} of ${summary.agents}`, 'under an approved customer-managed key')}${topFact('Not as approved', `${summary.openDrifts}`, 'agents with an open difference')}${topFact('Exceptions', `${summary.exceptions}`, `accepted; ${countOf(summary.openRequests, 'request is', 'requests are')} open`)}${topFact('Audit log', countOf(log.events, 'event', 'events'), `${signed}; ${last}`)}</dl>
</header>\n`;
}

const keyChange = ({ name, from, to, at, request, event }: KeyChanged): Html =>
  bullet(
    from === null ? '+' : '→',
    html`<b>${name}</b>: ${from === null ? 'new under' : html`${statedKeyWords(from)}, now`} ${statedKeyWords(to)} (${utcMinute(at)}, ${request}, event ${event})`,
  );
const driftChange =
  (mark: string, what: string) =>
  ({ name, states, at, event }: DriftChange): Html =>
    bullet(mark, html`<b>${name}</b>: ${what}: ${joinList(states.map(shortDrift))} (${utcMinute(at)}, event ${event})`);

function changesSection({ statement }: StatementFacts): Html {
  const { counts, agentsAdded, keysChanged, driftsOpened, driftsChanged, driftsClosed } = statement.changes;
  const nothing = html`<p>Nothing: no request, decision or difference was logged in this period.</p>`;
  if (!hasChanged(statement)) return section(1, 'What changed', nothing);
  const rows = countedNames.map(
    (name) =>
      html`<tr><th scope="row">${countTitles[name]}</th><td class="num">${counts[name].now}</td><td class="num">${counts[name].before}</td></tr>\n`,
  );
  const columns: readonly Column[] = [['Event'], ['This period', 30], ['Period before', 30]];
  const items = [
    ...[...agentsAdded, ...keysChanged].map(keyChange),
    ...driftsOpened.map(driftChange('!', 'not as approved')),
    ...driftsChanged.map(driftChange('!', 'difference changed')),
    ...driftsClosed.map(driftChange('✔', 'as approved again, before')),
  ];
  return section(1, 'What changed', html`${htmlTable(1, 'Events of each kind.', columns, rows)}\n<ul>\n${items}</ul>`);
}

const agentRow = (agent: StatedAgent): Html => {
  const { name, key, request, versionAgeDays, expires, guard } = agent;
  if (key === null)
    return html`<tr><th scope="row">${name}</th><td colspan="6">no approved key in this log</td></tr>\n`;
  return html`<tr><th scope="row">${name}<span class="second">${request ?? ''}</span></th><td>${statedKeyWords(key)}</td><td class="num">${ageWords(versionAgeDays)}</td><td class="num">${expiryWords(expires)}</td><td class="num">${levelWords(agent)}</td><td>${guardLine(guard)}</td><td>${driftStateWords(agent)}</td></tr>\n`;
};

function agentsSection(facts: StatementFacts): Html {
  const { agents, period } = facts.statement;
  const columns: readonly Column[] = [
    ['Agent', 30],
    ['Approved key'],
    ['Version age', 16],
    ['Expires', 17],
    ['Verified', 21],
    ['Guard, as read for the plan', 30],
    ['Difference', 27],
  ];
  const rows = upTo(facts, agents).map(agentRow);
  return section(
    2,
    `All agents at the end of ${period.to}`,
    html`${htmlTable(2, 'Each row follows from the agent’s last successful request, and from what the key watch found since.', columns, rows)}${moreWords(facts, agents)}`,
  );
}

function exceptionsSection(facts: StatementFacts): Html {
  const { exceptions } = facts.statement;
  const rows = upTo(facts, exceptions).map(
    ({ name, kind, code, owners, at, request, event }) =>
      html`<tr><th scope="row">${name}</th><td>${exceptionWords[kind]}: ${code}</td><td>${owners.length === 0 ? 'not known' : owners.map((owner) => html`${id(owner)} `)}</td><td class="num">${utcDay(at)}</td><td>${request}, event ${event}</td></tr>\n`,
  );
  const columns: readonly Column[] = [['Agent', 30], ['Exception'], ['Accepted by', 52], ['Since', 17], ['Source', 34]];
  const caption = 'The log has no end dates: each holds until the agent’s next request.';
  const table = html`${htmlTable(3, caption, columns, rows)}${moreWords(facts, exceptions)}`;
  return section(3, 'Exceptions in force', exceptions.length === 0 ? html`<p>None.</p>` : table);
}

const unsaid = [
  'Agents without a request through the bot, and subscriptions that the bot can’t read. cmk-bot doctor names those.',
  'When the key watch last looked. It logs what it finds, not that it found nothing.',
  'Expiry and guard as they are now: they’re as read for the approved plan.',
];

function gapsSection({ statement: { gaps } }: StatementFacts): Html {
  const found = gaps.map(({ code, agents }) =>
    bullet('–', html`${gapWords[code]}: ${countOf(agents.length, 'agent', 'agents')}.`),
  );
  return section(
    4,
    'What the log doesn’t say',
    html`<ul>\n${[...found, ...unsaid.map((one) => bullet('–', html`${one}`))]}</ul>`,
  );
}

function checkSection({ statement: { log, period }, note }: StatementFacts): Html {
  return section(
    5,
    'How to check it without trusting the bot or its owner',
    html`<p>${id('events.jsonl')} has all ${log.events} events of the log. They make the signed root, and both verifiers calculate every value again: trust their output, not this page.</p>
<div class="two proofs">
<figure><figcaption>The checkpoint: name, size, root, signatures</figcaption>
<pre>${note.trimEnd()}</pre></figure>
<figure><figcaption>The command</figcaption>
<pre><b>python3 verify.py ${statementName(period)}.zip --keys my-keys.txt</b></pre></figure>
</div>`,
  );
}

const related = controlsTable(
  6,
  'statement',
  statementControls,
  html`${otherControls((number) => statementOthers.includes(number))}. Confirm the mapping.`,
);

/** Deterministic, so that a verifier can reproduce it. */
export function statementReport(facts: StatementFacts): string {
  const { period, log } = facts.statement;
  const foot = `cmk-bot statement ${period.from} to ${period.to} · log size ${log.events}`;
  const content = html`${head(facts)}${changesSection(facts)}
<div class="${hasChanged(facts.statement) ? 'break' : 'on'}">
${agentsSection(facts)}
${exceptionsSection(facts)}
${gapsSection(facts)}
${checkSection(facts)}
${related}
${reviewSection(7)}
</div>
`;
  const title = `Statement ${period.from} to ${period.to}`;
  return reportPage({ madeBy: statementMadeBy, madeOf: facts.madeOf, title, foot }, content);
}

interface StatementParts {
  readonly period: Period;
  readonly checkpoint: SignedCheckpoint;
  /** All events that the checkpoint covers. */
  readonly bodies: readonly string[];
  readonly keys: readonly VerifierKey[];
}

/** `statement-2026-01-01-2026-03-31` */
export const statementName = ({ from, to }: Period): string => `statement-${from}-${to}`;

const readmeOf = (period: Period): string => `STATEMENT OF ${period.from} TO ${period.to}

This archive says which key was approved for each agent, when it was set, how
far that was verified, and what changed in the period. Start with report.html: open it in a
browser, or print it. statement.json has the same values for programs.

events.jsonl has every event of the audit log, without what people wrote. So
nothing can be left out: the verifier calculates each value again.

${verifySection(statementName(period))}`;

/** Null: the log is larger than a statement can be. Throws if an event is unreadable: then the log isn't the bot's. */
export function makeStatement({ period, checkpoint, bodies, keys }: StatementParts): {
  readonly statement: Statement;
  readonly files: PackFiles;
} | null {
  const lines = Buffer.from(bodies.map((body) => `${body}\n`).join(''));
  const events = streamEvents(bodies, parseEventBody);
  if (typeof events === 'string') throw new Error(`making a statement: ${events}`);
  const statement = statementOf(events, statedLog(checkpoint), period);
  const files = new Map<string, Buffer>([
    [packFile.events, lines],
    [packFile.checkpoint, Buffer.from(checkpoint.note)],
    [packFile.keys, Buffer.from(keys.map((key) => `${keyLine(key)}\n`).join(''))],
    [statementFile, jsonFile(statement)],
    [packFile.readme, Buffer.from(readmeOf(period))],
  ]);
  files.set(packFile.report, Buffer.from(statementReport({ statement, ...signedBy(files) })));
  files.set(packFile.sums, sumsOf(files));
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return bytes > maxBytes ? null : { statement, files };
}
