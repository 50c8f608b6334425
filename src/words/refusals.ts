/** Words for every refusal. A clicker gets title and text as a message only they see. */

import type { Failure } from '../domain/failure.ts';
import type { Refusal, RefusalCode } from '../domain/request/refusal.ts';
import { kinds } from '../resources/registry.ts';
import { failureLine, sourceWords } from './failures.ts';
import { utcMinute } from './instants.ts';
import { shortVersion } from './places.ts';
import { remedyWhereRefused } from './remedies.ts';

export interface Words {
  /** What is. */
  readonly title: string;
  /** What to do. */
  readonly text: string;
  /** The text says itself that nothing came of it. */
  readonly unchanged?: true;
}

/** Of a cause that stays until somebody removes it, its code and how; whoever reads this may be anybody, so not its words. */
const whyUnchecked = (failure: Failure | undefined): string =>
  failure === undefined || failure.next !== 'ask'
    ? 'Nothing was stored. Try again in a minute.'
    : `${sourceWords(failure)}. Nothing was stored. ${remedyWhereRefused(failure)}`;

const words: { readonly [C in RefusalCode]: (fact: string, failure?: Failure) => Words } = {
  'acknowledge-data-loss': () => ({
    title: 'The caution is not ticked.',
    text: 'Read it, tick it, then submit.',
  }),
  'start-half-chosen': () => ({
    title: 'A start needs a day and a time.',
    text: 'Choose both, or neither: then it starts as soon as it is approved.',
  }),
  'start-passed': () => ({
    title: 'That start has passed already.',
    text: 'Choose a later one, or none: then it starts as soon as it is approved.',
  }),
  'start-too-far': (days) => ({
    title: 'That start is too far ahead.',
    text: `It can be at most ${days} days from now.`,
  }),
  'acknowledge-irreversible': (count) => ({
    title: 'Not approved: the tick is missing.',
    text: `${count === '1' ? 'One step' : `${count} steps`} cannot be undone. Tick that you accept this, then approve.`,
  }),
  'resource-has-open-request': (id) => ({
    title: `Request ${id} is open for this agent.`,
    text: 'An agent can have one open request. Wait until it ends, or cancel it.',
  }),
  'already-approved': () => ({
    title: 'Already approved.',
    text: 'Enough people approved before you. The run starts.',
  }),
  'already-approved-by-you': () => ({ title: 'You approved this already.', text: 'Somebody else has to approve too.' }),
  'ambiguous-resource': (name) => ({
    title: `More than one agent is named ${name}.`,
    text: 'Give its resource id instead: resource=/subscriptions/….',
  }),
  'azure-unreachable': (failure) => ({
    title: 'Azure did not answer as expected.',
    text: `${failure} Nothing was changed. Try again in a minute.`,
    unchanged: true,
  }),
  'azure-refused': (failure) => ({
    title: 'The bot may not look at this in Azure.',
    text: `${failure} Nothing was changed. An owner gives the bot’s identity the missing right; then try again.`,
    unchanged: true,
  }),
  'azure-cannot': (told, failure) => ({
    title: 'Azure cannot answer this.',
    text: `${told} Nothing was changed. ${failure === undefined ? '' : remedyWhereRefused(failure)}`,
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
  'choice-missing': () => ({ title: 'Nothing is chosen.', text: 'Choose one, then go on.' }),
  'clock-not-believed': () => ({
    title: 'The bot’s clock is wrong, so nothing is stored.',
    text: 'Your click changed nothing. An operator has to look at the clock; then do it again.',
    unchanged: true,
  }),
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
  'form-ended': () => ({ title: 'This form has ended.', text: 'Type /enable-cmk to start again.' }),
  guest: () => ({
    title: 'Only members of this organisation can use the bot.',
    text: 'You are a guest here, or signed in from another organisation.',
  }),
  'key-not-visible': (name) => ({
    title: `The bot does not see key ${name}.`,
    text: 'Its vault is in no subscription the bot may read, or the key is gone. Choose another key or vault.',
  }),
  'not-under-own-key': (name) => ({
    title: `${name} is under a Microsoft-managed key.`,
    text: 'Use /enable-cmk to put it under your own key first.',
  }),
  'unknown-version': (version) => ({
    title: `The key has no version ${version}.`,
    text: 'Choose newest, new, or a version as the vault shows it.',
  }),
  'version-in-use': (version) => ({
    title: `Version ${shortVersion(version)} is in use already.`,
    text: 'Choose another version, a new one, or another key.',
  }),
  'version-unfit': (type) => ({
    title: `A key of type ${type} cannot get a version that Azure could use.`,
    text: 'Choose another key: RSA or RSA-HSM with 2048, 3072 or 4096 bits.',
  }),
  'justification-missing': () => ({
    title: 'The reason is missing.',
    text: 'Say why this is needed; approvers read it first.',
  }),
  'justification-too-long': (length) => ({
    title: 'The reason is too long.',
    text: `Use at most ${length} characters.`,
  }),
  'new-key-expiry-unfit': (day) => ({
    title: `${day === '' ? 'The expiry date' : day} is not a day in the future.`,
    text: 'Choose a later expiry date.',
  }),
  'new-key-kind-unfit': () => ({
    title: 'This kind of key cannot be made.',
    text: 'Choose RSA or RSA-HSM with 2048, 3072 or 4096 bits.',
  }),
  'new-key-name-unfit': () => ({
    title: 'The name of the new key does not fit.',
    text: 'Use 1 to 127 letters, digits and hyphens; “new” is taken.',
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
  'not-an-approver': () => ({
    title: 'You are not an approver.',
    text: 'Your click changed nothing. Ask an operator to add you.',
  }),
  'not-awaiting-approval': () => ({
    title: 'No approval is needed here any more.',
    text: 'The card shows what came of it.',
  }),
  'not-needing-attention': () => ({ title: 'The request goes on already.', text: 'The card shows how far it is.' }),
  'not-your-form': () => ({
    title: 'This is somebody else’s form.',
    text: 'Type /enable-cmk to open your own.',
  }),
  'not-your-request': () => ({ title: 'This is not your request.', text: 'Only its requester can do that.' }),
  'own-request': () => ({
    title: 'This is your own request.',
    text: 'Somebody else has to decide on it. Your click changed nothing.',
  }),
  'plan-blocked': () => ({ title: 'A check blocks this.', text: 'The card shows which one and how to mend it.' }),
  'plan-moved': () => ({
    title: 'Azure changed while you were reading.',
    text: 'The page shows the plan as it is now. Look again, then submit.',
  }),
  'record-not-ahead': () => ({
    title: 'No event is dated ahead of now.',
    text: 'The record goes on by itself.',
    unchanged: true,
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
    title: 'Approving needs a fresh sign-in.',
    text: 'Sign in with the button, then click Approve again. Rejecting needs none.',
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
    title: `Your sign-in does not meet what approving needs (${context}).`,
    text: 'Sign in again as your organisation asks for it, then click Approve again.',
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
  'not-understood': (what) => ({
    title: `Not understood: ${what}.`,
    text: 'Behind the command stands the agent’s name, then what is chosen already.',
  }),
  'unknown-resource': (name) => ({
    title: name === '' ? 'The agent is not there.' : `No agent is named ${name}.`,
    text: `Look at the name, or choose from the list with /enable-cmk. Without ${kinds.flatMap(({ rights }) => rights.read).join(', ')} there the bot finds none.`,
  }),
  'unknown-key': (name) => ({
    title: `The vault has no key named ${name}.`,
    text: 'Choose from the list, or make a new one.',
  }),
  'unknown-request': (id) => ({
    title: `There is no request ${id}.`,
    text: 'Look at the id. /cmk-requests lists what is open, /cmk-history the latest.',
  }),
  'unknown-vault': (name) => ({
    title: name === '' ? 'The vault is not there.' : `No vault is named ${name}.`,
    text: 'Look at the name, or choose from the list. Without Microsoft.KeyVault/vaults/read there the bot finds none.',
  }),
};

/** The words of a refusal, as plain text: not yet safe for a card. */
export function refusalWords({ code, fact, failure, near }: Refusal): Words {
  const said = words[code](failure === undefined ? fact : failureLine(failure), failure);
  if (near === undefined) return said;
  const hint = code === 'not-understood' ? `It takes ${near}.` : `Did you mean ${near}?`;
  return { ...said, text: code === 'not-understood' ? `${said.text} ${hint}` : `${hint} ${said.text}` };
}
