/** Refusals of a decision, and of commands for a run. */
import { utcClock } from './instants.ts';
import { lines, type RefusalWords, unchangedLines } from './words.ts';

export const refusedDeciding = {
  'acknowledge-irreversible': (count) => lines`Not approved yet.
    ${count === '1' ? 'One step' : `${count} steps`} can’t be undone. Select the checkbox, and then select Approve.`,
  'already-approved': lines`Already approved.\nEnough people approved it before you. The run starts.`,
  'already-approved-by-you': lines`You already approved this.\nSomeone else must approve it, too.`,
  'comment-too-long': (length) => lines`The comment is too long.\nUse at most ${length} characters.`,
  'reason-missing': (verb) =>
    verb === 'give-up'
      ? lines`The reason is missing.
        Select End request and enter a reason. Everyone who can see the request can read it.`
      : lines`Enter a reason.\nSelect Reject and enter why. The requester sees it.`,
  'not-an-approver': lines`You aren’t an approver.\nYour click changed nothing. Ask an operator to add you.`,
  'not-an-operator': lines`You aren’t an operator.
    Operators, approvers and the requester can do that. Your click changed nothing.`,
  'not-awaiting-approval': lines`This request no longer needs approval.\nRefresh the card to see its state.`,
  'not-needing-attention': lines`The request doesn’t need attention now.\nRefresh the card to see its state.`,
  'not-your-request': lines`This isn’t your request.\nOnly its requester can do that.`,
  'own-request': lines`This is your own request.\nSomeone else must decide. Your click changed nothing.`,
  'reminded-lately': (until) => lines`A reminder was sent less than an hour ago.
    You can send the next reminder at ${utcClock(until)}.`,
  'request-ended': (id) => lines`Request ${id} has ended.\nYour click changed nothing.`,
  'requester-lost-role': (id) => lines`The requester of ${id} no longer has the requester role for this agent.
    You can’t approve or retry it. Reject it, or ask an operator to check the list of requesters.`,
  'run-started': (id) => lines`Request ${id} is running.\nIt’s too late to decide or cancel.`,
  'run-not-begun': (id) => lines`Request ${id} hasn’t changed anything yet.\nCancel or reject it instead.`,
  'run-ending': (id) => lines`Request ${id} is in its last step.\nIt ends in a moment, and can’t be stopped.`,
  'run-stops': (id) => unchangedLines`Request ${id} is running. It stops after this step.
    It was too late to reject it. Completed changes stay, and the card shows them.`,
  'run-stopped': (id) => lines`Request ${id} has already stopped.
    Its card says why. You can retry it or end it there.`,
  'sign-in-needed': lines`Sign in first.
    Use the sign-in button, and then select Approve. Rejecting needs no sign-in.`,
  'sign-in-other-person': unchangedLines`Another account signed in.
    Nothing was approved. Sign in with the account you use in Teams.`,
  'sign-in-too-old': (
    minutes,
  ) => lines`Your sign-in is older than ${minutes === '1' ? 'a minute' : `${minutes} minutes`}.
    Sign in again, and then select Approve.`,
  'sign-in-too-weak': lines`Sign in first.
    Approving needs a sign-in that meets your organization’s policy. Use the sign-in button, and then select Approve.`,
  'sign-in-unverifiable': unchangedLines`The bot couldn’t check your sign-in.
    Nothing was approved. Try again in a minute. If that doesn’t help, ask an operator to check the application log.`,
  'stale-card': lines`This card is out of date.\nYour click changed nothing. Decide on the card as it is now.`,
} as const satisfies RefusalWords;
