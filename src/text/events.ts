/** Texts for every type of event, for the audit channel and the history. Plain text, not escaped for cards. */

import { shortDigest } from '../domain/digest.ts';
import type { Effect } from '../domain/effect.ts';
import { codeOf, type Failure } from '../domain/failure.ts';
import { PersonId } from '../domain/ids.ts';
import type { Plan } from '../domain/plan.ts';
import type { SignIn } from '../domain/policy/sign-in.ts';
import { highestProof } from '../domain/proof.ts';
import type { EventBodyOf, Payload, StoredEvent } from '../domain/request/events.ts';
import type { EventType, Reading, ReapprovalReason } from '../domain/request/payloads.ts';
import { joinList } from '../domain/strings.ts';
import { shortDrift } from './drift.ts';
import { excerptLine } from './excerpt.ts';
import { utcMinute, utcSecond } from './instants.ts';
import { sentence, useTitles, useWords } from './key-use.ts';
import { resourceKeyWords } from './keys.ts';
import { quote } from './quote.ts';
import { effectWords, interruptedWords, proofWords, stepTable, stepWords } from './steps.ts';
import { countOf, type Mark, type Names } from './words.ts';

/** `texts`: quotes what people wrote. Not for copies that would survive an erasure. */
interface TextOptions {
  readonly texts: boolean;
}

const planWords = (event: StoredEvent): string =>
  event.body.planDigest === null ? '' : `plan ${shortDigest(event.body.planDigest)}`;

/** Returns the requested change of the resource's key. */
const wantedWords = ({ steps }: Plan): string =>
  joinParts(
    ...steps
      .flatMap(({ effects }) => effects)
      .filter(({ change }) => change === 'customer-key')
      .map(effectWords),
  );

const writtenText = (event: StoredEvent, field: string, { texts }: TextOptions): string => {
  const text = texts ? event.texts[field] : undefined;
  if (text === undefined) return '';
  return text === null ? 'its text was erased' : quote(text);
};

export const joinParts = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

/** Returns the resource's key at the time of the evidence pack. */
const readingWords = ({ resource }: Reading): string => {
  if (resource.seen === 'absent') return 'the resource no longer existed';
  return resource.seen === 'not'
    ? 'Azure couldn’t be read'
    : `Azure showed ${resourceKeyWords(resource.value.customerKey)}`;
};

/** In UTC, as all times in the audit log. */
const signInDetail = (signIn: SignIn | null): string =>
  signIn === null ? '' : `signed in again at ${utcMinute(signIn.signedInAt)} (${signIn.contexts.join(' ')})`;

const mostOfFailure = 200;
/** Shortened, but never without the missing permission and its scope. */
const failureExcerpt = (failure: Failure): string => excerptLine(failure, mostOfFailure);

/** In UTC, as all times in the audit log. */
const earliestStart = (notBefore: string | undefined): string =>
  notBefore === undefined ? '' : `to start no earlier than ${utcMinute(notBefore)}`;

/** Returns what Azure showed after the step: the changes, and values that the effects don't name. */
function readBackOf(changes: readonly Effect[], { keyVersion, principalId }: Readonly<Record<string, string>>): string {
  const values = joinParts(
    ...changes.map(effectWords),
    keyVersion === undefined ? '' : `version ${keyVersion}`,
    principalId === undefined ? '' : `principal ${principalId}`,
  );
  return values === '' ? 'read back' : `read back: ${values}`;
}

/** The ID of the call in Azure's own logs. */
const correlationOf = (id: string | null): string => (id === null ? '' : `Azure’s correlation id ${id}`);

const referenceWords = (reference: string | undefined): string =>
  reference === undefined ? '' : `change number ${reference}`;

interface EventWords {
  readonly mark: Mark;
  readonly title: string;
  /** Can be empty. */
  readonly detail: string;
}

/** Why approval is requested again, for the middle of a sentence. */
export const reapprovalReasons: Readonly<Record<ReapprovalReason, string>> = {
  'effects-not-covered': 'Azure changed after the approval',
  'approvers-changed': 'a person who approved is no longer an approver',
  'sign-in-missing': 'approval now requires a sign-in',
  'approval-ended': 'the approval expired before the run started',
  'stopped-by-approver': 'an approver stopped the run',
};

/** Returns the actor: a person's name, an operator's given name, or the bot. */
export function actorName(event: StoredEvent, names: Names): string {
  const { actor, submittedBy } = event.body;
  if (actor.kind === 'operator') return `Operator ${submittedBy ?? actor.id ?? ''}`.trim();
  if (actor.kind === 'bot') return 'The bot';
  return names(PersonId.safeParse(actor.id).data ?? null);
}

/** Input of the texts besides the event's own data. */
interface EventContext {
  readonly event: StoredEvent;
  readonly names: Names;
  readonly options: TextOptions;
  /** The actor's name. */
  readonly name: string;
}

/** An event type without texts doesn't compile. */
const words: { readonly [T in EventType]: (data: Payload<T>, context: EventContext) => EventWords } = {
  submitted: ({ notBefore, changeReference }, { event, name, options }) => ({
    mark: 'now',
    title: `${name} submitted the request`,
    detail: joinParts(
      writtenText(event, 'justification', options),
      referenceWords(changeReference),
      planWords(event),
      earliestStart(notBefore),
    ),
  }),
  approved: ({ acknowledgedIrreversible, counted, required, signIn, quick, notBefore }, { event, name, options }) => ({
    mark: 'done',
    title: `${name} approved`,
    detail: joinParts(
      planWords(event),
      `${counted} of ${required}`,
      acknowledgedIrreversible ? 'accepted what can’t be undone' : '',
      signInDetail(signIn),
      quick ? 'within 5 seconds after the request' : '',
      earliestStart(notBefore),
      writtenText(event, 'comment', options),
    ),
  }),
  'approval-withdrawn': (_data, { event, name }) => ({
    mark: 'warn',
    title: `${name} withdrew the approval`,
    detail: planWords(event),
  }),
  ended: ({ as }, { event, name, options }) =>
    ({
      expired: { mark: 'idle', title: 'Expired', detail: 'no decision in time' } as const,
      cancelled: { mark: 'idle', title: `${name} canceled`, detail: '' } as const,
      failed: { mark: 'bad', title: `${name} ended the request`, detail: 'ended as failed' } as const,
      rejected: {
        mark: 'bad',
        title: `${name} rejected`,
        detail: joinParts(planWords(event), writtenText(event, 'comment', options)),
      } as const,
    })[as],
  'decided-late': ({ verb, state }, { event, name, options }) => ({
    mark: 'idle',
    title: `${name} decided too late`,
    detail: joinParts(`${verb}, the request was ${state}`, writtenText(event, 'comment', options)),
  }),
  'plan-changed': ({ reason }, { event }) => {
    return {
      mark: 'warn',
      title: 'Approval requested again',
      detail: joinParts(reapprovalReasons[reason], planWords(event)),
    };
  },
  'request-changed': ({ plan, notBefore, changeReference }, { event, name, options }) => ({
    mark: 'warn',
    title: `${name} edited the request`,
    detail: joinParts(
      writtenText(event, 'justification', options),
      referenceWords(changeReference),
      wantedWords(plan),
      planWords(event),
      earliestStart(notBefore),
    ),
  }),
  'run-ordered': ({ run }, { event }) => ({ mark: 'now', title: `Run ${run} ordered`, detail: planWords(event) }),
  'run-checked': ({ run, counted }, { event, names }) => ({
    mark: 'done',
    title: `Run ${run} checked: the approval still covers the state of Azure`,
    detail: joinParts(planWords(event), `counted: ${joinList(counted.map((id) => names(PersonId.parse(id))))}`),
  }),
  'step-intended': ({ step, attempt }, { event }) => ({
    mark: 'now',
    title: `${stepWords(step, event.body.changes ?? []).title}: starts${attempt > 1 ? `, attempt ${attempt}` : ''}`,
    detail: joinParts(...(event.body.changes ?? []).map(effectWords)),
  }),
  'step-done': ({ step, already, interrupted, outputs }, { event }) => ({
    mark: 'done',
    title: `${stepWords(step, event.body.changes ?? []).title}: done`,
    detail: joinParts(
      interrupted ? interruptedWords.toLowerCase() : already ? 'no change was needed' : '',
      readBackOf(event.body.changes ?? [], outputs),
      interrupted ? `client request ${event.body.clientRequestId}` : correlationOf(event.body.correlationId),
    ),
  }),
  'step-failed': ({ step, attempt, failure, retryAt }) => ({
    mark: retryAt === null ? 'bad' : 'warn',
    title: `${stepTable[step].title}: attempt ${attempt} failed`,
    // The next event, `attention-needed`, has the whole message.
    detail:
      retryAt === null
        ? joinParts(codeOf(failure), 'needs attention')
        : joinParts(failureExcerpt(failure).replace(/\.$/, ''), `next attempt ${utcSecond(retryAt)}`),
  }),
  'attention-needed': ({ failure }) => ({ mark: 'alarm', title: 'Needs attention', detail: failureExcerpt(failure) }),
  succeeded: ({ proofs, seeks }) => {
    const level = highestProof(proofs);
    const proof = level === null ? 'none' : proofWords[level].name.toLowerCase();
    const sought = seeks === undefined ? '' : `usage check until ${utcMinute(seeks.until)}`;
    return { mark: 'done', title: 'Succeeded', detail: joinParts(`verified: ${proof}`, sought) };
  },
  'use-judged': ({ answer }) => {
    const at = answer.outcome === 'used' ? [`at ${utcSecond(answer.at)}.`] : [];
    const detail = [...at, ...useWords(answer).map((one) => sentence(one, utcSecond))].join(' ');
    return { mark: answer.outcome === 'used' ? 'done' : 'warn', title: useTitles[answer.outcome], detail };
  },
  reminded: ({ escalated }, { name, names }) =>
    escalated === undefined
      ? { mark: 'now', title: `${name} sent a reminder`, detail: '' }
      : {
          mark: 'warn',
          title: `Escalated to ${countOf(escalated.length, 'person', 'people')}`,
          detail: joinList(escalated.map(names)),
        },
  'stop-requested': (_data, { name }) => ({
    mark: 'warn',
    title: `${name} stopped the run`,
    detail: 'no further attempt or step starts',
  }),
  'taken-on': ({ released }, { name }) => ({
    mark: 'now',
    title: `${name} ${released ? 'no longer works on it' : 'is on it'}`,
    detail: '',
  }),
  retried: (_data, { event, name }) => ({
    mark: 'now',
    title: `${name} retried`,
    detail: event.body.actor.kind === 'bot' ? 'Azure answers again' : '',
  }),
  'clock-set-right': ({ ahead }, { name }) => ({
    mark: 'warn',
    title: `${name} continued the audit log from this time`,
    detail: `a wrong clock had dated the previous event ${utcMinute(ahead)}`,
  }),
  'evidence-made': ({ texts, reading }, { name }) => ({
    mark: 'idle',
    title: `${name} created an evidence pack`,
    detail: joinParts(readingWords(reading), texts ? 'with texts' : ''),
  }),
  'texts-erased': ({ reason }, { name }) => ({
    mark: 'idle',
    title: `${name} erased the texts`,
    detail: reason,
  }),
  'drift-found': ({ resourceName, basis, found }) =>
    found.length === 0
      ? { mark: 'done', title: `${resourceName} is as approved again`, detail: `by ${basis.request}` }
      : {
          mark: 'alarm',
          title: `${resourceName} differs from what was approved`,
          detail: joinParts(...found.map(({ state }) => shortDrift(state.code))),
        },
};

/** For a union of types, the compiler would require the data of all of them; a single type has its own. */
const rendered = <T extends EventType>({ type, data }: EventBodyOf<T>, context: EventContext): EventWords =>
  words[type](data, context);

/** Returns the texts of an event. */
export const eventWords = (event: StoredEvent, names: Names, options: TextOptions): EventWords =>
  rendered(event.body, { event, names, options, name: actorName(event, names) });
