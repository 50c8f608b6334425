/** Refusals of a decision, and of commands for a run. */
import { utcClock } from './instants.ts';
import type { RefusalWords } from './words.ts';

export const refusedDeciding = {
  'acknowledge-irreversible': (count) => ({
    title: 'Not approved yet.',
    text: `${count === '1' ? 'One step' : `${count} steps`} can’t be undone. Select the checkbox, and then select Approve.`,
  }),
  'already-approved': () => ({
    title: 'Already approved.',
    text: 'Enough people approved it before you. The run starts.',
  }),
  'already-approved-by-you': () => ({
    title: 'You already approved this.',
    text: 'Someone else must approve it, too.',
  }),
  'comment-too-long': (length) => ({ title: 'The comment is too long.', text: `Use at most ${length} characters.` }),
  'reason-missing': (verb) =>
    verb === 'give-up'
      ? {
          title: 'The reason is missing.',
          text: 'Select End request and enter a reason. Everyone who can see the request can read it.',
        }
      : {
          title: 'Enter a reason.',
          text: 'Select Reject and enter why. The requester sees it.',
        },
  'not-an-approver': () => ({
    title: 'You aren’t an approver.',
    text: 'Your click changed nothing. Ask an operator to add you.',
  }),
  'not-an-operator': () => ({
    title: 'You aren’t an operator.',
    text: 'Operators, approvers and the requester can do that. Your click changed nothing.',
  }),
  'not-awaiting-approval': () => ({
    title: 'This request no longer needs approval.',
    text: 'Refresh the card to see its state.',
  }),
  'not-needing-attention': () => ({
    title: 'The request no longer needs attention.',
    text: 'Refresh the card to see its state.',
  }),
  'not-your-request': () => ({ title: 'This isn’t your request.', text: 'Only its requester can do that.' }),
  'own-request': () => ({
    title: 'This is your own request.',
    text: 'Someone else must decide. Your click changed nothing.',
  }),
  'reminded-lately': (until) => ({
    title: 'A reminder was sent less than an hour ago.',
    text: `You can send the next reminder at ${utcClock(until)}.`,
  }),
  'request-ended': (id) => ({ title: `Request ${id} has ended.`, text: 'Your click changed nothing.' }),
  'requester-lost-role': (id) => ({
    title: `The requester of ${id} no longer has the requester role for this agent.`,
    text: 'You can’t approve or retry it. Reject it, or ask an operator to check the list of requesters.',
  }),
  'run-started': (id) => ({ title: `Request ${id} is running.`, text: 'It’s too late to decide or cancel.' }),
  'run-not-begun': (id) => ({
    title: `Request ${id} hasn’t changed anything yet.`,
    text: 'Cancel or reject it instead.',
  }),
  'run-ending': (id) => ({
    title: `Request ${id} is in its last step.`,
    text: 'It ends in a moment, and can’t be stopped.',
  }),
  'run-stops': (id) => ({
    title: `Request ${id} is running. It stops after this step.`,
    text: 'It was too late to reject it. Completed changes stay, and the card shows them.',
    unchanged: true,
  }),
  'run-stopped': (id) => ({
    title: `Request ${id} has already stopped.`,
    text: 'Its card says why. You can retry it or end it there.',
  }),
  'sign-in-needed': () => ({
    title: 'Sign in first.',
    text: 'Use the sign-in button, and then select Approve. Rejecting needs no sign-in.',
  }),
  'sign-in-other-person': () => ({
    title: 'Another account signed in.',
    text: 'Nothing was approved. Sign in with the account you use in Teams.',
    unchanged: true,
  }),
  'sign-in-too-old': (minutes) => ({
    title: `Your sign-in is older than ${minutes === '1' ? 'a minute' : `${minutes} minutes`}.`,
    text: 'Sign in again, and then select Approve.',
  }),
  'sign-in-too-weak': () => ({
    title: 'Sign in first.',
    text: 'Approving needs a sign-in that meets your organization’s policy. Use the sign-in button, and then select Approve.',
  }),
  'sign-in-unverifiable': () => ({
    title: 'The bot couldn’t check your sign-in.',
    text: 'Nothing was approved. Try again in a minute. If that doesn’t help, ask an operator to check the application log.',
    unchanged: true,
  }),
  'stale-card': () => ({
    title: 'This card is out of date.',
    text: 'Your click changed nothing. Decide on the card as it is now.',
  }),
} as const satisfies RefusalWords;
