/** The report for people: what the events of a request say, in the words of the history. */
import { shortDigest } from '../../../domain/digest.ts';
import { approvalsIn, type EventOfRequest } from '../../../domain/evidence/replacement.ts';
import { requestedKey, runHistory } from '../../../domain/evidence/run-history.ts';
import { lastReading, verdictOf } from '../../../domain/evidence/verdict.ts';
import { codeOf } from '../../../domain/failure.ts';
import type { PlannedStep } from '../../../domain/plan.ts';
import { highestProof, ProofLevel } from '../../../domain/proof.ts';
import { isStep, type StoredEvent } from '../../../domain/request/events.ts';
import type { Software } from '../../../domain/request/payloads.ts';
import type { Request } from '../../../domain/request/request.ts';
import { joinList, lowerFirst, upperFirst } from '../../../domain/strings.ts';
import { workOf } from '../../../operations/registry.ts';
import { actorName, eventWords } from '../../../text/events.ts';
import { levelCode, type Sentence, verdictWords, type Who } from '../../../text/evidence.ts';
import { guardLine } from '../../../text/guard.ts';
import { utcDay, utcSecond } from '../../../text/instants.ts';
import { sentence, useWords } from '../../../text/key-use.ts';
import { effectWords, gistOfStep, notCheckedWords, proofWords, provedWords } from '../../../text/steps.ts';
import { countOf } from '../../../text/words.ts';
import { controlsSection } from './controls.ts';
import { bullet, type Html, html, htmlTable, id, none, reportPage, section, topFact } from './page.ts';

export interface ReportFacts {
  readonly request: Request;
  /** Oldest first. */
  readonly events: readonly StoredEvent[];
  /** A person's name; null: not found, or omitted. */
  readonly names: (id: string) => string | null;
  readonly note: string;
  /** The witness that cosigned it, by the keys in the pack, and when (ISO 8601). */
  readonly witness: { readonly name: string; readonly at: string } | null;
  /** Events of other streams in the pack, oldest first. */
  readonly later: readonly EventOfRequest[];
  readonly texts: boolean;
}

const whoIn =
  ({ names }: ReportFacts): Who =>
  (person) =>
    person === null ? 'an operator' : (names(person) ?? person);

const strongIn = (words: Sentence): readonly Html[] =>
  words.map((piece) => (typeof piece === 'string' ? html`${piece}` : html`<b>${piece.strong}</b>`));

const logSize = ({ note }: ReportFacts): string => note.split('\n')[1] ?? '';

function decisionFact({ state, approvals, policy: { approvalsRequired } }: Request): Html {
  const count = `${approvals.length} of ${approvalsRequired} approvals`;
  if (state === 'rejected' || state === 'cancelled') return topFact('Decision', state, `after ${count}`);
  if (state === 'expired') return topFact('Decision', 'none in time', `after ${count}`);
  return topFact('Decision', count, 'never by the requester’s own account');
}

/** What a request without a success did to the key. */
function unverifiedWords({ events }: ReportFacts): string {
  const { key, unconfirmed } = runHistory(events);
  if (key !== null && !key.found) return 'this request set a key, and didn’t verify it';
  return unconfirmed.includes('set-cmk') ? 'Azure didn’t confirm the key' : 'this request didn’t set a key';
}

const levelOf = (request: Request): ProofLevel | null =>
  request.state === 'succeeded' ? highestProof(request.proofs) : null;

function facts(given: ReportFacts): Html {
  const { request, events, witness } = given;
  const level = levelOf(request);
  const planWords = request.state === 'succeeded' ? 'approved, checked again, and carried out unchanged' : 'requested';
  const log = witness === null ? 'no witness has signed it' : `witnessed on ${utcSecond(witness.at)}`;
  return html`<dl class="facts">
${decisionFact(request)}${topFact('Plan, by digest', shortDigest(request.digest), planWords)}${
  level === null
    ? topFact('Verification level', 'none', unverifiedWords(given))
    : topFact('Verification level', `${levelCode(level)}, ${lowerFirst(proofWords[level].name)}`, 'see section 3')
}${topFact('Audit log', countOf(events.length, 'event', 'events'), `in a log of ${logSize(given)}; ${log}`)}</dl>`;
}

function nowWords({ request, events, later }: ReportFacts): string {
  const seen = lastReading(events)?.reading.resource.seen ?? 'not';
  if (seen === 'not') return 'Azure couldn’t be read again for this report.';
  const again = 'Azure was read again for this report:';
  if (seen === 'absent') return `${again} the resource no longer exists.`;
  const verdict = verdictOf(request, events, later);
  if (verdict.is !== 'under-key') return `${again} section 1 has the result.`;
  if (verdict.now === 'same') return `${again} same key, same version.`;
  return verdict.replacedBy === null
    ? `${again} the key has changed, and no request in this pack explains it.`
    : `${again} it has the key of a later request, which was approved too.`;
}

function head(given: ReportFacts): Html {
  const { request, events, later } = given;
  const { mark, sentence: words } = verdictWords(request, verdictOf(request, events, later), whoIn(given));
  const last = lastReading(events);
  return html`<header>
<div class="head"><h1>Evidence for one change: request ${request.id}</h1><p>${last === null ? none : html`created ${utcSecond(last.at)} · `}all times UTC</p></div>
<p class="verdict"><span class="mark" aria-hidden="true">${mark}</span>${strongIn(words)}</p>
<p class="but">${nowWords(given)} Section 4 lists what <b>isn’t</b> verified, section 5 what can’t be undone. Names were looked up for this report; the audit log has only object ids.</p>
${facts(given)}
</header>\n`;
}

const signIns: Readonly<Record<string, string>> = {
  'bot-framework': 'Teams account of this tenant, by Teams’ signed token',
  local: 'no sign-in: a sandbox on one machine',
  'command-line': 'command line, by the name they gave',
};

/** A wait retries every few seconds: of attempts that failed alike, the last one says enough. */
const failsAlike = ({ body: one }: StoredEvent, next: StoredEvent | undefined): boolean =>
  one.type === 'step-failed' &&
  next?.body.type === 'step-failed' &&
  one.data.step === next.body.data.step &&
  codeOf(one.data.failure) === codeOf(next.body.data.failure);

/** All events but starts of runs and attempts, in the words of the history and of the audit channel. */
function historySection(given: ReportFacts): Html {
  const { request, events, texts } = given;
  const names = whoIn(given);
  const ended = events.filter(({ body }) => body.type !== 'run-ordered' && body.type !== 'step-intended');
  const shown = ended.filter((event, n) => !failsAlike(event, ended[n + 1]));
  const rows = shown.map((event) => {
    const { title, detail } = eventWords(event, names, { texts });
    const { actor } = event.body;
    const who = actor.kind === 'bot' ? 'the bot' : (signIns[actor.signIn ?? ''] ?? 'not recorded');
    const isNamed = actor.id !== null && actor.id !== actorName(event, names) && actor.kind !== 'bot';
    return html`<tr><td class="num">${event.seq}</td><td class="num">${utcSecond(event.time)}</td><th scope="row">${title}</th><td>${detail}</td><td>${who}${isNamed ? html` <span class="id">${actor.id ?? ''}</span>` : none}</td></tr>\n`;
  });
  const { rule, version, approvalsRequired, expiresAt } = request.policy;
  const needed = countOf(approvalsRequired, 'approval', 'approvals by different people');
  const caption = `Rule “${rule}” of policy ${version}: ${needed}, never by the requester, until ${utcSecond(expiresAt)}. Each change was logged before it was sent, and read back after. Azure’s Activity Log has the same correlation ids. Starts of attempts, and earlier attempts that failed alike, are in events.jsonl.`;
  const columns = [['Event', 12], ['Time', 30], ['What', 42], ['Details'], ['Authenticated by', 36]] as const;
  const left = texts
    ? 'The texts that people wrote are included. The audit log has a salted SHA-256 of each.'
    : 'Reason and comment aren’t in this pack. The audit log has a salted SHA-256 of each, so a text that you get later can be checked.';
  return section(1, 'What happened', html`${htmlTable(1, caption, columns, rows)}\n<p class="full">${left}</p>`);
}

function changeRow({ events }: ReportFacts, step: PlannedStep): readonly Html[] {
  const own = events.flatMap(({ seq, body }) => (isStep(body) && body.data.step === step.name ? [{ seq, body }] : []));
  const done = own.filter(({ body }) => body.type === 'step-done');
  const made = done.find(({ body }) => body.type === 'step-done' && !body.data.already) ?? done.at(-1);
  const refused = own.filter(({ body }) => body.type === 'step-failed').length;
  const already = made?.body.type === 'step-done' && made.body.data.already;
  const state =
    made === undefined ? (own.length === 0 ? 'not started' : 'not done') : already ? 'it was already so' : 'done';
  const tries = refused === 0 ? '' : `, refused ${refused === 1 ? 'once' : `${refused} times`}`;
  const mark = step.reversibility === 'irreversible' ? ' ▲' : '';
  return step.effects.map(
    (effect) =>
      html`<tr><th scope="row">${effectWords(effect)}${mark}</th><td>${state}${tries}</td><td class="id">${made?.body.correlationId ?? ''}</td><td class="num">${made?.seq ?? ''}</td></tr>\n`,
  );
}

function changesSection(given: ReportFacts): Html {
  const { request, events } = given;
  if (!request.touched) return section(2, 'What changed', html`<p>Nothing: no change was sent to Azure.</p>`);
  const rows = stepsOfRuns(request, events).flatMap((step) => changeRow(given, step));
  const { principalId } = request.outputs;
  const version = requestedKey(request)?.keyVersion ?? null;
  const full = html`<p class="full">In full: resource ${id(request.plan.spec.resource.id)}${principalId === undefined ? none : html`, identity ${id(principalId)}`}${version === null ? none : html`, key version ${id(version)}`}, plan ${id(request.digest)}.</p>`;
  const columns = [['Change'], ['Result', 34], ['Azure correlation id', 53], ['Event', 10]] as const;
  return section(
    2,
    'What changed',
    html`${htmlTable(2, `In vault ${request.plan.observation.vault.name}.`, columns, rows)}\n${full}`,
  );
}

interface Known {
  readonly seq: number;
  readonly isProved: boolean;
  readonly how: string;
}

const knownOf = ({ events, request }: ReportFacts, level: ProofLevel): readonly Known[] =>
  events.flatMap(({ seq, body }): readonly Known[] => {
    if (body.type === 'use-judged' && level === 'use-seen') {
      const how = useWords(body.data.answer).map((one) => sentence(one, utcSecond));
      return [{ seq, isProved: body.data.answer.outcome === 'used', how: how.join(' ') }];
    }
    const proofs = body.type === 'succeeded' ? body.data.proofs.filter((proof) => proof.level === level) : [];
    return proofs.map((proof) => {
      const isProved = proof.outcome === 'proved';
      return { seq, isProved, how: isProved ? provedWords(level, workOf(request.plan).to) : notCheckedWords(proof) };
    });
  });

function provedSection(given: ReportFacts): Html {
  const { request } = given;
  const title = 'What is verified';
  if (request.state !== 'succeeded') return section(3, title, html`<p>${upperFirst(unverifiedWords(given))}.</p>`);
  const rows = ProofLevel.options.map((level) => {
    const known = knownOf(given, level);
    const { isProved, how, seq } = known.find((one) => one.isProved) ??
      known.at(-1) ?? { isProved: false, how: 'Not checked.', seq: '' };
    return html`<tr><th scope="row">${levelCode(level)} ${lowerFirst(proofWords[level].name)}</th><td><b>${isProved ? '✔ verified' : '– not verified'}</b></td><td>${how}</td><td class="num">${seq}</td></tr>\n`;
  });
  const columns = [['Level', 38], ['Answer', 24], ['How it is known'], ['Event', 10]] as const;
  return section(3, title, htmlTable(3, 'Four levels, each stronger than the one before.', columns, rows));
}

/** Names the event with the current plan, which has who controlled the key. */
function controlIn(events: ReportFacts['events']): string {
  const planned = events.findLast(({ body }) => 'plan' in body.data);
  return planned === undefined ? '' : ` Who controlled it when the plan was made is in event ${planned.seq}.`;
}

function notProvedSection({ request, events }: ReportFacts): Html {
  const { vault, guard } = request.plan.observation;
  const last = lastReading(events);
  const limits = [
    ...(request.state === 'succeeded'
      ? ['Not shown: that earlier data was encrypted again. Nothing that a customer can read shows it.']
      : []),
    ...(levelOf(request) === 'use-seen'
      ? ['That every later use went to this key: what was seen is one use, at one time.']
      : []),
    ...(request.state === 'succeeded' && levelOf(request) !== 'use-seen'
      ? ['That the resource uses the key: no use was seen in the vault’s log.']
      : []),
    `That no one else can use the key.${controlIn(events)}`,
    `That no one changes the key without the bot. Guard, as read for the plan: ${guardLine(guard)}.`,
    `That the key is in hardware: the vault is of the ${vault.sku} tier${vault.sku === 'premium' ? ', which can' : ', where keys are kept by software'}.`,
    `Anything after the last ${last === null ? 'event' : `reading, ${utcSecond(last.at)}`}.`,
  ];
  return section(4, 'What isn’t verified', html`<ul>\n${limits.map((one) => bullet('–', html`${one}`))}</ul>`);
}

/** The steps of the current plan, and those that runs did under earlier ones. */
function stepsOfRuns({ plan }: Request, events: readonly StoredEvent[]): readonly PlannedStep[] {
  const done = new Set(runHistory(events).done);
  const plans = events.flatMap(({ body }) => ('plan' in body.data ? [body.data.plan] : []));
  const earlier = plans.flatMap(({ steps }) => steps).filter(({ name }) => done.has(name));
  return [...new Map([...earlier, ...plan.steps].map((step) => [step.name, step])).values()].filter(
    ({ effects }) => effects.length > 0,
  );
}

function undoSection({ request, events }: ReportFacts): Html {
  const { vault } = request.plan.observation;
  const done = new Set(runHistory(events).done);
  const steps = stepsOfRuns(request, events);
  const key = lastReading(events)?.reading.key;
  const expires = key?.seen === 'yes' ? key.value.expires : null;
  const accepted = approvalsIn(events)
    .filter(({ body }) => body.type === 'approved' && body.data.acknowledgedIrreversible)
    .map(({ seq }) => seq);
  const days = vault.retentionDays === null ? 'its retention period' : `${vault.retentionDays} days`;
  const isUnlimited = request.state === 'succeeded' && expires === null && requestedKey(request) !== null;
  const pinning = workOf(request.plan).to.follows
    ? 'The resource follows new versions of the key, without a request.'
    : 'The version is pinned: the resource doesn’t use later versions automatically.';
  const rows = [
    ...steps
      .filter(({ reversibility }) => reversibility === 'irreversible')
      .map((step): [string, string] => [
        '▲',
        `${upperFirst(gistOfStep(step))}, for every key in ${vault.name}: ${done.has(step.name) ? 'permanent' : 'not done'}.${accepted.length === 0 ? '' : ` Accepted in event ${accepted.join(', ')}.`}`,
      ]),
    ...(request.state === 'succeeded'
      ? [
          [
            '▲',
            `If the resource is deleted, or the key is permanently deleted, the resource’s data can’t be recovered. A deleted key can be recovered for ${days}.`,
          ] as const,
        ]
      : []),
    ...steps
      .filter(({ reversibility }) => reversibility === 'unknown')
      .map((step) => ['?', `${upperFirst(gistOfStep(step))}: might not be reversible.`] as const),
    ...(expires === null
      ? []
      : [['!', `${utcDay(expires)} the key expires. ${pinning} Request a new version before that.`] as const]),
    ...(isUnlimited
      ? [
          [
            '!',
            `${pinning} ${key?.seen === 'yes' ? 'The key doesn’t expire.' : 'The key’s expiry wasn’t read.'}`,
          ] as const,
        ]
      : []),
  ];
  const list = html`<ul>\n${rows.map(([mark, words]) => bullet(mark, html`${words}`))}</ul>`;
  return section(5, 'What can’t be undone', rows.length === 0 ? html`<p>Nothing of what was done.</p>` : list);
}

const softwareWords = ({ version, commit }: Software): string =>
  `cmk-bot ${version}${commit === undefined ? '' : `, commit ${commit.slice(0, 8)}`}`;

function logSection(given: ReportFacts): Html {
  const { request, events, note, witness } = given;
  const software = events.flatMap(({ body: { data } }) =>
    'software' in data && data.software ? [softwareWords(data.software)] : [],
  );
  const written = software.length === 0 ? '' : ` Written by ${joinList([...new Set(software)])}.`;
  const signed =
    witness === null
      ? html`signed by the log. <b>No witness signed it</b>: its owner could have signed a different history`
      : html`signed by the log and by ${witness.name} on ${utcSecond(witness.at)}. A witness signs only a continuation of everything that it signed before`;
  return section(
    6,
    'The audit log, and how to check it without trusting the bot or its owner',
    html`<p>An inclusion proof ties each event to this checkpoint of ${logSize(given)} events, ${signed}.${written}</p>
<div class="two proofs">
<figure><figcaption>The checkpoint: name, size, root, signatures</figcaption>
<pre>${note.trimEnd()}</pre></figure>
<figure><figcaption>The commands; README.txt explains them</figcaption>
<pre><b>sha256sum verify.py</b> <span class="out">as in the source code of cmk-bot</span>
<b>python3 verify.py ${request.id}.zip --keys my-keys.txt</b>
<b>python3 verify.py ${request.id}.zip --keys my-keys.txt \\
    --later ANCHOR</b></pre></figure>
</div>
<p class="full">${id('my-keys.txt')} has the verifier keys of log and witness, <b>as you received them, not from the pack</b>. ${id('verify.py')} comes from the source code, never from a pack. The command derives the result again from the events: trust its output, not this page.</p>`,
  );
}

function limitsSection(given: ReportFacts): Html {
  const after =
    given.witness === null
      ? 'all of this: no witness has signed it'
      : `events that no witness has signed: those after ${logSize(given)}`;
  const limits = [
    'Responses of Azure and Entra are logged as the bot received them. They aren’t signed by Microsoft.',
    'Times are from the database’s clock. Sign-in times are from Entra, and cosignature times from the witness.',
    `Someone with the log’s key and the database can rewrite ${after}.`,
    'If one party controls the log and the witness, it can create a different history. Ask who runs the witness.',
  ];
  return section(8, 'Limits', html`<ul class="two">\n${limits.map((one) => bullet('–', html`${one}`))}</ul>`);
}

const toSign = html`<div class="sign"><span>Reviewed by (name, role)</span><span>Result</span><span>Date, signature</span></div>`;

/** Returns the report. It proves nothing: the verifier derives the result from the events. */
export function reportOf(given: ReportFacts): string {
  const { id: request, resourceName, digest } = given.request;
  const content = html`${head(given)}${historySection(given)}
${changesSection(given)}
${provedSection(given)}
<div class="two">
${notProvedSection(given)}
${undoSection(given)}
</div>
${logSection(given)}
${controlsSection(7)}
${limitsSection(given)}
<div class="review">${section(9, 'Review', toSign)}</div>
`;
  // It can't contain anything that ends a CSS string.
  const foot = `cmk-bot evidence ${request} · plan ${shortDigest(digest)} · log size ${logSize(given)}`.replaceAll(
    /[^\w .·-]/g,
    '',
  );
  return reportPage({ title: `Evidence ${request}: ${resourceName}`, foot }, content);
}
