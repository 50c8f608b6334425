/** Texts of refusals of a new request or an edit. */
import { shortVersion } from './places.ts';
import type { RefusalWords } from './words.ts';

export const refusedRequest = {
  'acknowledge-data-loss': () => ({
    title: 'Select the checkbox.',
    text: 'Read what it says, select it, and then submit.',
  }),
  'start-half-chosen': () => ({
    title: 'A start needs a date and a time.',
    text: 'Choose both, or neither. Without a start, it starts when it’s approved.',
  }),
  'start-passed': () => ({
    title: 'That start is in the past.',
    text: 'Choose a later start, or none. Without a start, it starts when it’s approved.',
  }),
  'start-too-far': (days) => ({
    title: 'That start is too far ahead.',
    text: `It can be at most ${days} days from now.`,
  }),
  'resource-has-open-request': (id) => ({
    title: `Request ${id} is open for this agent.`,
    text: 'An agent can have one open request. Wait until it ends, or cancel it.',
  }),
  'ambiguous-resource': (name) => ({
    title: `More than one agent is named ${name}.`,
    text: 'Give its resource id instead: resource=/subscriptions/….',
  }),
  'choice-missing': () => ({ title: 'Nothing is chosen.', text: 'Choose one, and then select Next.' }),
  'form-ended': () => ({ title: 'This form has ended.', text: 'Type the command again.' }),
  'list-ended': () => ({ title: 'This list is too old.', text: 'Type its command again.' }),
  'key-not-visible': (name) => ({
    title: `The bot can’t read key ${name}.`,
    text: 'Its vault is in a subscription that the bot can’t read, or the key was deleted. Choose another key or vault.',
  }),
  'not-under-own-key': (name) => ({
    title: `${name} uses a Microsoft-managed key.`,
    text: 'Use /enable-cmk to set a customer-managed key first.',
  }),
  'no-approved-state': (name) => ({
    title: `The bot has no approved state for ${name}.`,
    text: 'No request for this agent has succeeded here. Use /enable-cmk or /rotate-cmk.',
  }),
  'key-not-approved': (name) => ({
    title: `${name} doesn’t use the key that was last approved here.`,
    text: 'Use /repair-cmk to bring that key back, or /rotate-cmk to request another one.',
  }),
  'approved-vault-gone': (vault) => ({
    title: `Vault ${vault} is gone, so the key can’t be repaired here.`,
    text: `The agent can’t decrypt its data without this key. A Key Vault Contributor can recover the vault until its retention period ends. After that, the data is lost. Command: az keyvault recover --name ${vault}`,
  }),
  'no-old-version': (name) => ({
    title: `No older version of the key is meant by ${name}.`,
    text: 'A version can be retired only if the key was rotated after it. Read the key’s versions in the vault.',
  }),
  'old-version-not-named': (versions) => ({
    title: 'The key has more than one old version.',
    text: `Name one: version=…. Enabled versions: ${versions}.`,
  }),
  'unknown-version': (version) => ({
    title: `The key has no version ${version}.`,
    text: 'Choose newest, new, or a version that the vault shows.',
  }),
  'version-in-use': (version) => ({
    title: `Version ${shortVersion(version)} is in use already.`,
    text: 'Choose another version, a new one, or another key.',
  }),
  'version-unfit': (type) => ({
    title: `Azure can’t use a new version of a key of type ${type}.`,
    text: 'Choose another key: RSA or RSA-HSM with 2048, 3072 or 4096 bits.',
  }),
  'justification-missing': () => ({
    title: 'The reason is missing.',
    text: 'Enter why the change is needed. Approvers read it first.',
  }),
  'justification-too-long': (length) => ({
    title: 'The reason is too long.',
    text: `Use at most ${length} characters.`,
  }),
  'change-reference-missing': () => ({
    title: 'The change number is missing.',
    text: 'Enter the number of the change in your change management system. The approval policy requires it.',
  }),
  'change-reference-unfit': (pattern) => ({
    title: 'The change number doesn’t have the required format.',
    text: `Enter at most 64 characters that match ${pattern}`,
  }),
  'new-key-expiry-unfit': (day) => ({
    title: `${day === '' ? 'The expiry date' : day} isn’t a date in the future.`,
    text: 'Choose a later expiry date.',
  }),
  'new-key-kind-unfit': () => ({
    title: 'The bot can’t create this kind of key.',
    text: 'Choose RSA or RSA-HSM with 2048, 3072 or 4096 bits.',
  }),
  'new-key-name-unfit': () => ({
    title: 'The name of the new key isn’t valid.',
    text: 'Use 1 to 127 letters, digits and hyphens. “new” isn’t allowed.',
  }),
  'not-your-form': () => ({
    title: 'This is another person’s form.',
    text: 'Type the command to open your own.',
  }),
  'plan-blocked': () => ({
    title: 'A check blocks this request.',
    text: 'The card shows which one, and how to fix it.',
  }),
  'check-too-old': (id) => ({
    title: `The check before the run of ${id} is too old.`,
    text: 'The bot checks again before it changes anything.',
  }),
  'plan-moved': () => ({
    title: 'Azure changed while you were reading.',
    text: 'The page shows the current plan. Check it, and then submit.',
  }),
  'not-understood': (what) => ({
    title: `Not understood: ${what}.`,
    text: 'Type the agent name after the command, and then your choices.',
  }),
  'unknown-resource': (name) => ({
    title: name === '' ? 'The agent doesn’t exist.' : `No agent is named ${name}.`,
    text: 'Check the name, or type /cmk-status to see all agents. New agents can take a few minutes to appear. If it still doesn’t appear, ask an operator to check the bot’s permissions.',
  }),
  'unknown-key': (name) => ({
    title: `The vault has no key named ${name}.`,
    text: 'Choose from the list, or create a new key.',
  }),
  'unknown-vault': (name) => ({
    title: name === '' ? 'The vault doesn’t exist.' : `No vault is named ${name}.`,
    text: 'Check the name, or choose from the list. If it doesn’t appear, ask an operator to check the bot’s permissions.',
  }),

  // Edits of a request that waits for approval.
  'change-half-done': (id) => ({
    title: `Request ${id} has already changed Azure.`,
    text: 'You can’t edit it now. Cancel it, and create another request.',
    unchanged: true,
  }),
  'change-too-late': (id) => ({
    title: `Request ${id} no longer waits for approval.`,
    text: 'Your edit wasn’t saved. The card shows its state. Before a run starts, you can cancel it and request again.',
    unchanged: true,
  }),
  'changed-meanwhile': (id) => ({
    title: `Request ${id} was edited in the meantime.`,
    text: 'Your edit wasn’t saved. Cancel this form, and select Edit request on the current card.',
    unchanged: true,
  }),
  'changed-too-often': (times) => ({
    title: `The request was already edited ${times} times.`,
    text: 'Each edit gives approvers the full time again, so there’s a limit. Cancel the request, and create another one.',
    unchanged: true,
  }),
  'nothing-changed': (id) => ({
    title: `${id} already requests this.`,
    text: 'Edit at least one entry before you submit, or cancel this form.',
  }),
} as const satisfies RefusalWords;
