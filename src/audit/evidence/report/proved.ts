/** Sections 4 to 6: what is proved, what isn't, and what can't be undone. */
import { requestedKey, runHistory } from '../../../domain/evidence/run-history.ts';
import { lastReading } from '../../../domain/evidence/verdict.ts';
import type { PlannedStep } from '../../../domain/plan.ts';
import { highestProof, ProofLevel } from '../../../domain/proof.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import { lowerFirst, upperFirst } from '../../../domain/strings.ts';
import { levelCode } from '../../../text/evidence.ts';
import { guardLine } from '../../../text/guard.ts';
import { utcSecond } from '../../../text/instants.ts';
import { sentence, useWords } from '../../../text/key-use.ts';
import { gistOfStep, notCheckedWords, proofWords } from '../../../text/steps.ts';
import {
  bullet,
  type Column,
  clockOf,
  dayOf,
  type Html,
  html,
  htmlTable,
  none,
  type ReportFacts,
  section,
  whenOf,
} from './parts.ts';

const proofTexts: Readonly<Record<ProofLevel, string>> = {
  'read-back': 'Azure, read again, reports this key and version on the agent',
  'permission-held': 'The agent’s identity has the Get, Wrap Key and Unwrap Key permissions',
  'key-usable': 'The bot wrapped and unwrapped test data. This doesn’t prove that the agent can',
  'use-seen': 'The vault’s log has an entry in which the agent’s identity used this key',
};

interface ProofEntry {
  readonly event: StoredEvent;
  readonly isProved: boolean;
  readonly how: string;
}

/** Returns the facts about a level, from all events with one, oldest first. */
function proofEntriesOf(events: readonly StoredEvent[], level: ProofLevel): readonly ProofEntry[] {
  return events.flatMap((event): readonly ProofEntry[] => {
    const { body } = event;
    if (body.type === 'use-judged' && level === 'use-seen') {
      const { answer } = body.data;
      const how = useWords(answer)
        .map((one) => sentence(one, utcSecond))
        .join(' ');
      return [{ event, isProved: answer.outcome === 'used', how }];
    }
    if (body.type !== 'succeeded') return [];
    return body.data.proofs
      .filter((proof) => proof.level === level)
      .map((proof) => {
        const isProved = proof.outcome === 'proved';
        return { event, isProved, how: isProved ? proofTexts[level] : notCheckedWords(proof) };
      });
  });
}

function levelRow({ events, request }: ReportFacts, level: ProofLevel): Html {
  const found = proofEntriesOf(events, level);
  const last = found.find(({ isProved }) => isProved) ?? found.at(-1);
  const name = `${levelCode(level)} ${lowerFirst(proofWords[level].name)}`;
  if (last === undefined)
    return html`<tr><th scope="row">${name}</th><td class="says">– not checked</td><td></td><td></td><td></td></tr>\n`;
  const { event, isProved, how } = last;
  return html`<tr><th scope="row">${name}</th><td class="says">${isProved ? '✔ verified' : '– not verified'}</td><td>${how}</td><td class="num">${whenOf(event.time, dayOf(request.changedAt))}</td><td class="num">${event.seq}</td></tr>\n`;
}

/** What a request without a success did to the key. */
export function unverifiedWords({ events }: ReportFacts): string {
  const { key, unconfirmed } = runHistory(events);
  if (key !== null && !key.found) return 'this request set a key, and didn’t verify it';
  return unconfirmed.includes('set-cmk') ? 'Azure didn’t confirm the key' : 'this request didn’t set a key';
}

export function provedSection(facts: ReportFacts): Html {
  const { request } = facts;
  if (request.state !== 'succeeded') {
    return section(
      4,
      'What is verified',
      html`<p>${upperFirst(unverifiedWords(facts))}. Section 7 proves what the audit log says about it.</p>`,
    );
  }
  const caption = `${dayOf(request.changedAt)}, UTC. Four levels, each stronger than the one before. A level that couldn’t be checked says so.`;
  const columns: readonly Column[] = [['Level', 38], ['Answer', 21], ['How it is known'], ['When', 20], ['Event', 10]];
  return section(
    4,
    'What is verified',
    htmlTable(
      4,
      caption,
      columns,
      ProofLevel.options.map((level) => levelRow(facts, level)),
    ),
  );
}

/** Names the event with the current plan, which has who controlled the key; empty: older events don't have that. */
function controlIn(events: ReportFacts['events']): string {
  const planned = events.findLast(({ body }) => 'plan' in body.data);
  if (planned === undefined || !('plan' in planned.body.data)) return '';
  if (planned.body.data.plan.observation.control === undefined) return '';
  return ` Who controlled it when the plan was made is in event ${planned.seq}.`;
}

export function notProvedSection(facts: ReportFacts): Html {
  const { request, events } = facts;
  const { vault, guard } = request.plan.observation;
  const last = lastReading(events);
  const limits = [
    ...(request.state === 'succeeded'
      ? [
          html`Not shown: that earlier data was encrypted again. Nothing that a customer can read shows it.`,
          highestProof(request.proofs) === 'use-seen'
            ? html`That every later use went to this key: what was seen is one use, at one time.`
            : html`That the agent uses the key: no use was seen in the vault’s log.`,
        ]
      : []),
    html`That no one else can use the key.${controlIn(events)}`,
    ...(guard === undefined
      ? []
      : [html`That no one changes the key without the bot. Guard, as read for the plan: ${guardLine(guard)}.`]),
    vault.sku === 'premium'
      ? html`That the key is in hardware: the vault can, the key’s type says whether it is.`
      : html`That the key is in hardware: the vault is of the <i>standard</i> tier, where keys are kept by software.`,
    last === null
      ? html`Anything after the last event.`
      : html`Anything after the last reading, ${dayOf(last.at)}, ${clockOf(last.at)}.`,
  ];
  return section(5, 'What isn’t verified', html`<ul>\n${limits.map((one) => bullet('–', one))}</ul>`);
}

/** The steps of the current plan, and those that runs did under earlier ones. */
function stepsOfRuns({ plan }: ReportFacts['request'], events: ReportFacts['events']): readonly PlannedStep[] {
  const done = new Set(runHistory(events).done);
  const known = new Map<string, PlannedStep>();
  for (const { body } of events) {
    if (!('plan' in body.data)) continue;
    for (const step of body.data.plan.steps) if (done.has(step.name)) known.set(step.name, step);
  }
  for (const step of plan.steps) known.set(step.name, step);
  return [...known.values()];
}

export function undoSection({ request, events }: ReportFacts): Html {
  const { plan } = request;
  const { vault } = plan.observation;
  const done = new Set(runHistory(events).done);
  const steps = stepsOfRuns(request, events).filter(({ effects }) => effects.length > 0);
  const irreversible = steps.filter(({ reversibility }) => reversibility === 'irreversible');
  const unknown = steps.filter(({ reversibility }) => reversibility === 'unknown');
  const key = lastReading(events)?.reading.key;
  const expires = key?.seen === 'yes' ? key.value.expires : null;
  const expiry = key?.seen === 'yes' ? 'The key doesn’t expire.' : 'The key’s expiry wasn’t read.';
  const accepted = events
    .filter(({ body }) => body.type === 'approved' && body.data.acknowledgedIrreversible)
    .map(({ seq }) => seq);
  const days = vault.retentionDays === null ? 'its retention period' : `${vault.retentionDays} days`;
  const rows = [
    ...irreversible.map((step) =>
      bullet(
        '▲',
        html`<b>${upperFirst(gistOfStep(step))}</b>, for every key in ${vault.name}: ${done.has(step.name) ? 'permanent' : 'not done'}.${accepted.length === 0 ? none : html` Accepted in event ${accepted.join(', ')}.`}`,
      ),
    ),
    ...(request.state === 'succeeded'
      ? [
          bullet(
            '▲',
            html`<b>If the agent is deleted, or the key is permanently deleted,</b> the agent’s data can’t be recovered. A deleted key can be recovered for ${days}.`,
          ),
        ]
      : []),
    ...unknown.map((step) => bullet('?', html`<b>${upperFirst(gistOfStep(step))}</b>: might not be reversible.`)),
    ...(expires === null
      ? []
      : [
          bullet(
            '!',
            html`<b>${dayOf(expires)} ${new Date(expires).getUTCFullYear()}</b> the key expires. The version is pinned: request a rotation before that.`,
          ),
        ]),
    ...(request.state === 'succeeded' && expires === null && requestedKey(request) !== null
      ? [bullet('!', html`The version is <b>pinned</b>: the agent doesn’t use later versions automatically. ${expiry}`)]
      : []),
  ];
  const empty = request.touched ? html`<p>Nothing of what was done.</p>` : html`<p>Nothing was done.</p>`;
  return section(6, 'What can’t be undone', rows.length === 0 ? empty : html`<ul>\n${rows}</ul>`);
}
