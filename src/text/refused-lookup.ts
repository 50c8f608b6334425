/** Refusals for people without access, and for failed lookups. */
import { type Failure, isPermissionRefusal, statusOf } from '../domain/failure.ts';
import { sourceWords } from './failures.ts';
import { remedyWhereRefused, remedyWhereUnreachable } from './remedies.ts';
import type { RefusalWords } from './words.ts';

/** For a lasting cause: its code and the remedy. Not the message, because anyone might read this. */
const whyUnchecked = (failure: Failure | undefined): string =>
  failure === undefined || failure.next !== 'ask'
    ? `Nothing was stored. ${remedyWhereUnreachable(failure)}`
    : `${sourceWords(failure)}. Nothing was stored. ${remedyWhereRefused(failure)}`;

/** The entry of a search field after a failed search in Azure. `null`: no answer in time. */
export function notFoundWords(failure: Failure | null): string {
  if (failure === null || statusOf(failure) === 429) return 'Azure is busy. Type again in a few seconds.';
  if (isPermissionRefusal(failure)) return 'The bot doesn’t have permission to list these in Azure. Tell an operator.';
  return failure.next === 'ask'
    ? 'Azure can’t answer this. Tell an operator.'
    : 'Azure doesn’t answer. Type again in a minute.';
}

export const refusedLookup = {
  'look-lost': () => ({
    title: 'The bot restarted while it was waiting for Azure.',
    text: 'Nothing was saved. Select Try again to continue.',
    unchanged: true,
  }),
  'submit-lost': () => ({
    title: 'The request was not submitted.',
    text: 'The bot restarted before the request was saved. Check the plan, and submit it again.',
    unchanged: true,
  }),
  'azure-unreachable': (message, failure) => ({
    title: 'Azure didn’t answer as expected.',
    text: `${message} Nothing was changed. ${remedyWhereUnreachable(failure)}`,
    unchanged: true,
  }),
  'azure-refused': (message, failure) => ({
    title: 'The bot doesn’t have permission to read this in Azure.',
    text: `${message} Nothing was changed. ${failure === undefined ? '' : remedyWhereRefused(failure)}`,
    unchanged: true,
  }),
  'azure-cannot': (message, failure) => ({
    title: 'Azure can’t answer this.',
    text: `${message} Nothing was changed. ${failure === undefined ? '' : remedyWhereRefused(failure)}`,
    unchanged: true,
  }),
  'cannot-check-membership': (_fact, failure) => ({
    title: 'The bot couldn’t check your membership.',
    text: whyUnchecked(failure),
    unchanged: true,
  }),
  'cannot-check-requester': () => ({
    title: 'The bot couldn’t check whether the requester still has the role.',
    text: 'Nothing was stored. Try again in a minute.',
    unchanged: true,
  }),
  'clock-not-believed': () => ({
    title: 'The bot’s clock is wrong, so nothing is stored.',
    text: 'Your click changed nothing. Ask an operator to correct the clock, and then try again.',
    unchanged: true,
  }),
  guest: () => ({
    title: 'Only members of this organization can use the bot.',
    text: 'You’re a guest, or signed in from another organization.',
  }),
  'no-approvers-configured': () => ({
    title: 'There are no approvers.',
    text: 'CMK_APPROVERS is empty. Ask an operator to set it.',
  }),
  'no-open-request-named': (typed) => ({
    title: `No open request matches ${typed}.`,
    text: 'Type /cmk-requests to see open requests. For ended ones, type /cmk-history and the agent’s name.',
  }),
  'no-requesters-configured': (rule) => ({
    title: rule === '' ? 'There are no requesters.' : 'There are no requesters for this agent.',
    text: 'CMK_REQUESTERS is empty. Ask an operator to set it.',
  }),
  'no-role': () => ({
    title: 'You have no role here.',
    text: 'This bot changes the encryption keys of healthcare agents. Requesters, approvers and readers can use it. Ask an operator to add you.',
  }),
  'not-a-requester': (rule) =>
    rule === ''
      ? { title: 'You aren’t a requester.', text: 'Only requesters can do this. Ask an operator to add you.' }
      : {
          title: 'You aren’t a requester for this agent.',
          text: `Only requesters of rule “${rule}” can. Ask an operator to add you.`,
        },
  'record-not-ahead': () => ({
    title: 'No event is dated ahead of now.',
    text: 'The audit log continues automatically.',
    unchanged: true,
  }),
  'unknown-request': (id) => ({
    title: `There is no request ${id}.`,
    text: 'Check the ID. /cmk-requests lists open requests, /cmk-history the latest.',
  }),
} as const satisfies RefusalWords;
