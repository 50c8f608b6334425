/** Section 2: who decided what, and how they were authenticated. */

import type { EventBodyOf, EventType, StoredEvent } from '../../../domain/request/events.ts';
import { joinList } from '../../../domain/strings.ts';
import { reapprovalReasons } from '../../../text/events.ts';
import {
  actorOf,
  type Column,
  clockOf,
  dayOf,
  type Html,
  html,
  htmlTable,
  id,
  none,
  type ReportFacts,
  section,
  whenOf,
  whoIn,
} from './parts.ts';

const signIns: Readonly<Record<string, string>> = {
  'bot-framework': 'Teams account of this tenant, by Teams’ signed token',
  local: 'No sign-in: a sandbox on one machine',
  'command-line': 'At the bot’s command line, by the name they gave',
};

/** Text of each row. An event type that is missing here decides nothing. */
const decisionTexts: { readonly [T in EventType]?: (data: EventBodyOf<T>['data'], facts: ReportFacts) => string } = {
  submitted: ({ changeReference }) =>
    `requested this plan${changeReference === undefined ? '' : `; change number ${changeReference}`}`,
  approved: ({ counted, required, acknowledgedIrreversible, quick }) =>
    `approved, ${counted} of ${required}${acknowledgedIrreversible ? '; accepted what can’t be undone' : ''}${quick ? '; within 5 seconds after the request' : ''}`,
  rejected: () => 'rejected it',
  cancelled: () => 'cancelled it',
  expired: () => 'ended it: no decision in time',
  'decided-late': ({ verb }) => `decided too late (${verb}): no effect`,
  'plan-changed': ({ reason }) => `requested approval again: ${reapprovalReasons[reason]}`,
  'request-changed': () => 'edited it, and requested approval again',
  'run-checked': () => 'found the approval still valid',
  'stop-requested': () => 'stopped the run',
  retried: () => 'retried',
  'retried-automatically': () => 'retried after an outage, without a person',
  'taken-on': () => 'took it on',
  'given-up': () => 'ended it',
  'texts-erased': () => 'erased the texts that people wrote',
};

const wordsOf = <T extends EventType>({ type, data }: EventBodyOf<T>, facts: ReportFacts): string | null => {
  const words = decisionTexts[type] as ((data: EventBodyOf<T>['data'], facts: ReportFacts) => string) | undefined;
  return words?.(data, facts) ?? null;
};

function authenticationOf({ body }: StoredEvent, facts: ReportFacts, day: string): Html {
  if (body.type === 'run-checked') {
    const counted = joinList(body.data.counted.map(whoIn(facts)));
    const same = body.data.observed === body.planDigest ? 'the plan is the same' : 'the approval covers what was found';
    return html`Azure was checked again: ${same}. Entra ID confirmed: ${counted} can approve`;
  }
  if (body.actor.kind === 'bot') return html`The bot itself`;
  const account = signIns[body.actor.signIn ?? ''] ?? 'Not recorded';
  if (body.type !== 'approved' || body.data.signIn === null) return html`${account}`;
  const { signedInAt, contexts, methods, how } = body.data.signIn;
  const where = how === 'browser' ? 'on Entra’s page' : 'by Teams’ own sign-in';
  return html`The same, and <b>signed in again</b> ${where} at ${whenOf(signedInAt, day)}: context ${id(contexts.join(', '))}${
    methods.length === 0 ? none : html`, methods ${id(methods.join(', '))}`
  }, same object id`;
}

const textsOf = ({ texts }: StoredEvent, shown: boolean): readonly Html[] =>
  shown
    ? Object.values(texts).map(
        (text) => html`<span class="said second">${text === null ? 'erased since' : `“${text}”`}</span>`,
      )
    : [];

function row(event: StoredEvent, facts: ReportFacts, day: string): readonly Html[] {
  const words = wordsOf(event.body, facts);
  if (words === null) return [];
  const { actor } = event.body;
  const who = actorOf(event, whoIn(facts));
  const second =
    actor.kind === 'bot'
      ? html`<span class="second">no person</span>`
      : actor.id === null || actor.id === who
        ? none
        : html`<span class="second id">${actor.id}</span>`;
  return [
    html`<tr><th scope="row">${who}${second}</th><td>${words}${textsOf(event, facts.texts)}</td><td class="num">${whenOf(event.time, day)}</td><td>${authenticationOf(event, facts, day)}</td><td class="num">${event.seq}</td></tr>\n`,
  ];
}

const erasureNote = (events: readonly StoredEvent[]): string => {
  const event = events.findLast(({ body }) => body.type === 'texts-erased');
  return event === undefined
    ? ''
    : ` Reason and comment were erased on ${dayOf(event.time)}, ${clockOf(event.time)}; the audit log still verifies.`;
};

export function decidedSection(facts: ReportFacts): Html {
  const { request, events, texts } = facts;
  const { policy } = request;
  const day = dayOf(request.submittedAt);
  const approvals =
    policy.approvalsRequired === 1 ? 'One approval' : `${policy.approvalsRequired} approvals by different people`;
  const caption = `${dayOf(request.submittedAt)}, UTC. Rule: “${policy.rule}” of policy ${policy.version}. ${approvals}, never by the requester; approvals until ${whenOf(policy.expiresAt, day)}.`;
  const columns: readonly Column[] = [['Who', 54], ['Decided', 37], ['When', 17], ['Authentication'], ['Event', 10]];
  const left = texts
    ? 'The texts that people wrote are included. The audit log has a salted SHA-256 of each, and both verifiers compare.'
    : 'Reason and comment aren’t in this pack. The audit log has a salted SHA-256 of each, so a text that you get later can be checked.';
  return section(
    2,
    'Who decided what, and how they were authenticated',
    html`${htmlTable(
      2,
      caption,
      columns,
      events.flatMap((event) => row(event, facts, day)),
    )}
<p class="full">${left}${erasureNote(events)}</p>`,
  );
}
