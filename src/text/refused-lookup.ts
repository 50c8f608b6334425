/** Refusals for people without access, and for failed lookups. */
import { type Failure, isPermissionRefusal, statusOf } from '../domain/failure.ts';
import { sourceWords } from './failures.ts';
import { remedyWhereRefused, remedyWhereUnreachable } from './remedies.ts';
import { lines, type RefusalWords, unchangedLines } from './words.ts';

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
  'look-lost': unchangedLines`The bot restarted while it was waiting for Azure.
    Nothing was saved. Select Try again to continue.`,
  'submit-lost': unchangedLines`The request was not submitted.
    The bot restarted before the request was saved. Check the plan, and submit it again.`,
  'azure-unreachable': (message, failure) => unchangedLines`Azure didn’t answer as expected.
    ${message} Nothing was changed. ${remedyWhereUnreachable(failure)}`,
  'azure-refused': (message, failure) => unchangedLines`The bot doesn’t have permission to read this in Azure.
    ${message} Nothing was changed. ${failure === undefined ? '' : remedyWhereRefused(failure)}`,
  'azure-cannot': (message, failure) => unchangedLines`Azure can’t answer this.
    ${message} Nothing was changed. ${failure === undefined ? '' : remedyWhereRefused(failure)}`,
  'cannot-check-membership': (_fact, failure) => unchangedLines`The bot couldn’t check your membership.
    ${whyUnchecked(failure)}`,
  'cannot-check-requester': unchangedLines`The bot couldn’t check whether the requester still has the role.
    Nothing was stored. Try again in a minute.`,
  'clock-not-believed': unchangedLines`The bot’s clock is wrong, so nothing is stored.
    Your click changed nothing. Ask an operator to correct the clock, and then try again.`,
  guest: lines`Only members of this organization can use the bot.
    You’re a guest, or signed in from another organization.`,
  'no-approvers-configured': lines`There are no approvers.\nCMK_APPROVERS is empty. Ask an operator to set it.`,
  'no-open-request-named': (typed) => lines`No open request matches ${typed}.
    Type /cmk-requests to see open requests. For ended ones, type /cmk-history and the agent’s name.`,
  'no-requesters-configured': (
    rule,
  ) => lines`${rule === '' ? 'There are no requesters.' : 'There are no requesters for this agent.'}
    CMK_REQUESTERS is empty. Ask an operator to set it.`,
  'no-role': lines`You have no role here.
    This bot changes the encryption keys of healthcare agents. Requesters, approvers and readers can use it. Ask an operator to add you.`,
  'not-a-requester': (rule) =>
    rule === ''
      ? lines`You aren’t a requester.\nOnly requesters can do this. Ask an operator to add you.`
      : lines`You aren’t a requester for this agent.
        Only requesters of rule “${rule}” can. Ask an operator to add you.`,
  'record-not-ahead': unchangedLines`No event is dated ahead of now.\nThe audit log continues automatically.`,
  'unknown-request': (id) => lines`There is no request ${id}.
    Check the ID. /cmk-requests lists open requests, /cmk-history the latest.`,
} as const satisfies RefusalWords;
