/** Refusals of a decision, and of commands for a run. */
import { utcMinute } from './instants.ts';
import type { RefusalWords } from './refusal-words.ts';

export const refusedDeciding = {
  'acknowledge-irreversible': (count) => ({
    title: 'Not approved yet.',
    text: `${count === '1' ? 'One step' : `${count} steps`} can’t be undone. Select the checkbox, and then select Approve.`,
  }),
  'already-approved': () => ({
    title: 'Already approved.',
    text: 'Enough people approved before you. The run starts.',
  }),
  'already-approved-by-you': () => ({ title: 'You approved this already.', text: 'Somebody else has to approve too.' }),
  'comment-too-long': (length) => ({ title: 'The comment is too long.', text: `Use at most ${length} characters.` }),
  'reason-missing': (verb) =>
    verb === 'give-up'
      ? {
          title: 'Say why it is given up.',
          text: 'Everybody who sees the request reads it. Open Give up, write the reason, and send it there; where the card asks for none, refresh it first.',
        }
      : {
          title: 'Say why you reject it.',
          text: 'Whoever asked reads it. Open Reject, write the reason, and send it there; where the card asks for none, write it under “Add a comment” and click Reject again.',
        },
  'not-an-approver': () => ({
    title: 'You are not an approver.',
    text: 'Your click changed nothing. Ask an operator to add you.',
  }),
  'not-awaiting-approval': () => ({
    title: 'No approval is needed here any more.',
    text: 'The card shows what came of it.',
  }),
  'not-needing-attention': () => ({ title: 'The request goes on already.', text: 'The card shows how far it is.' }),
  'not-your-request': () => ({ title: 'This is not your request.', text: 'Only its requester can do that.' }),
  'own-request': () => ({
    title: 'This is your own request.',
    text: 'Somebody else has to decide on it. Your click changed nothing.',
  }),
  'reminded-lately': (until) => ({
    title: 'They were reminded less than an hour ago.',
    text: `You can have them reminded again from ${utcMinute(until)} on.`,
  }),
  'request-ended': (id) => ({ title: `Request ${id} has ended.`, text: 'Your click changed nothing.' }),
  'requester-lost-role': (id) => ({
    title: `Who asked for ${id} may no longer ask for this agent.`,
    text: 'So it can be neither approved nor retried. Reject it, or have an operator look at the list of requesters.',
  }),
  'run-started': (id) => ({ title: `Request ${id} is running.`, text: 'It is too late to decide or cancel.' }),
  'run-not-begun': (id) => ({
    title: `Request ${id} has not begun to change anything.`,
    text: 'There is nothing to stop. Cancel or reject it instead.',
  }),
  'run-ending': (id) => ({
    title: `Request ${id} is in its last step.`,
    text: 'Nothing is left to stop: it ends by itself.',
  }),
  'run-stops': (id) => ({
    title: `Request ${id} is running, and now stops after this step.`,
    text: 'It was too late to reject it. What is done stays; the card shows it.',
    unchanged: true,
  }),
  'run-stopped': (id) => ({
    title: `Request ${id} has stopped already.`,
    text: 'Its card says why, and lets you retry or give up.',
  }),
  'sign-in-needed': () => ({
    title: 'Sign in first.',
    text: 'Use the sign-in button, and then select Approve. Rejecting needs no sign-in.',
  }),
  'sign-in-other-person': () => ({
    title: 'Somebody else signed in.',
    text: 'Nothing was approved. Sign in with the account you use in Teams.',
    unchanged: true,
  }),
  'sign-in-too-old': (minutes) => ({
    title: `Your sign-in is older than ${minutes === '1' ? 'a minute' : `${minutes} minutes`}.`,
    text: 'Sign in again, then click Approve again.',
  }),
  'sign-in-too-weak': (context) => ({
    title: `Sign in first (${context}).`,
    text: 'Approving needs a sign-in that meets your organization’s policy. Use the sign-in button, and then select Approve.',
  }),
  'sign-in-unverifiable': () => ({
    title: 'Your sign-in could not be checked.',
    text: 'Nothing was approved. Try again in a minute; if it stays so, an operator finds why in the log.',
    unchanged: true,
  }),
  'stale-card': () => ({
    title: 'This card is out of date.',
    text: 'Your click changed nothing. Decide on the card as it is now.',
  }),
} as const satisfies RefusalWords;
