/** Refusals for people without access, and for failed lookups. */
import { type Failure, isPermissionRefusal, statusOf } from '../domain/failure.ts';
import { sourceWords } from './failures.ts';
import type { RefusalWords } from './refusal-words.ts';
import { remedyWhereRefused, remedyWhereUnreachable } from './remedies.ts';

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
    title: 'Nobody looks any more.',
    text: 'The bot was restarted while it waited for Azure. Nothing was stored. Look again, and it goes on from here.',
    unchanged: true,
  }),
  'submit-lost': () => ({
    title: 'The request was not submitted.',
    text: 'The bot was restarted before the request was stored. Check the plan, and submit it again.',
    unchanged: true,
  }),
  'azure-unreachable': (message, failure) => ({
    title: 'Azure did not answer as expected.',
    text: `${message} Nothing was changed. ${remedyWhereUnreachable(failure)}`,
    unchanged: true,
  }),
  'azure-refused': (message, failure) => ({
    title: 'The bot doesn’t have permission to read this in Azure.',
    text: `${message} Nothing was changed. ${failure === undefined ? '' : remedyWhereRefused(failure)}`,
    unchanged: true,
  }),
  'azure-cannot': (message, failure) => ({
    title: 'Azure cannot answer this.',
    text: `${message} Nothing was changed. ${failure === undefined ? '' : remedyWhereRefused(failure)}`,
    unchanged: true,
  }),
  'cannot-check-membership': (_fact, failure) => ({
    title: 'Your membership could not be checked.',
    text: whyUnchecked(failure),
    unchanged: true,
  }),
  'cannot-check-requester': () => ({
    title: 'Whether the requester still may ask could not be checked.',
    text: 'Nothing was stored. Try again in a minute.',
    unchanged: true,
  }),
  'clock-not-believed': () => ({
    title: 'The bot’s clock is wrong, so nothing is stored.',
    text: 'Your click changed nothing. An operator has to look at the clock; then do it again.',
    unchanged: true,
  }),
  guest: () => ({
    title: 'Only members of this organisation can use the bot.',
    text: 'You are a guest here, or signed in from another organisation.',
  }),
  'no-approvers-configured': () => ({
    title: 'Nobody can approve.',
    text: 'CMK_APPROVERS is empty. An operator has to set it.',
  }),
  'no-open-request-named': (typed) => ({
    title: `No open request matches ${typed}.`,
    text: 'Type /cmk-requests for all that are open, or /cmk-history with the agent’s name for those that have ended.',
  }),
  'no-requesters-configured': (rule) => ({
    title: rule === '' ? 'Nobody can ask.' : 'Nobody can ask for this agent.',
    text: 'CMK_REQUESTERS is empty. An operator has to set it.',
  }),
  'no-role': () => ({
    title: 'You have no role here.',
    text: 'This bot changes the keys that healthcare agents are encrypted under. Requesters, approvers and readers can use it. Ask an operator to add you.',
  }),
  'not-a-requester': (rule) =>
    rule === ''
      ? { title: 'You may not ask for this.', text: 'Only requesters can. Ask an operator to add you.' }
      : {
          title: 'You may not ask for this agent.',
          text: `Only requesters of rule “${rule}” can. Ask an operator to add you.`,
        },
  'record-not-ahead': () => ({
    title: 'No event is dated ahead of now.',
    text: 'The record goes on by itself.',
    unchanged: true,
  }),
  'unknown-request': (id) => ({
    title: `There is no request ${id}.`,
    text: 'Look at the id. /cmk-requests lists what is open, /cmk-history the latest.',
  }),
} as const satisfies RefusalWords;
