/** Refusals of a new request: typed or selected values, and the resulting plan. */
import { kinds } from '../operations/resources/registry.ts';
import { shortVersion } from './places.ts';
import type { RefusalWords } from './refusal-words.ts';

export const refusedRequest = {
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
  'resource-has-open-request': (id) => ({
    title: `Request ${id} is open for this agent.`,
    text: 'An agent can have one open request. Wait until it ends, or cancel it.',
  }),
  'ambiguous-resource': (name) => ({
    title: `More than one agent is named ${name}.`,
    text: 'Give its resource id instead: resource=/subscriptions/….',
  }),
  'choice-missing': () => ({ title: 'Nothing is chosen.', text: 'Choose one, then go on.' }),
  'form-ended': () => ({ title: 'This form has ended.', text: 'Type /enable-cmk to start again.' }),
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
  'change-reference-missing': () => ({
    title: 'The change reference is missing.',
    text: 'Enter the number of the change ticket. The approval policy requires it.',
  }),
  'change-reference-unfit': (pattern) => ({
    title: 'The change reference doesn’t fit.',
    text: `It has at most 64 characters and matches ${pattern}`,
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
  'not-your-form': () => ({
    title: 'This is somebody else’s form.',
    text: 'Type /enable-cmk to open your own.',
  }),
  'plan-blocked': () => ({ title: 'A check blocks this.', text: 'The card shows which one and how to mend it.' }),
  'plan-moved': () => ({
    title: 'Azure changed while you were reading.',
    text: 'The page shows the plan as it is now. Look again, then submit.',
  }),
  'not-understood': (what) => ({
    title: `Not understood: ${what}.`,
    text: 'Behind the command stands the agent’s name, then what is chosen already.',
  }),
  'unknown-resource': (name) => ({
    title: name === '' ? 'The agent is not there.' : `No agent is named ${name}.`,
    text: `Look at the name, or choose from the list with /enable-cmk. A new agent can take some minutes to be found. Without ${kinds.flatMap(({ rights }) => rights.read).join(', ')} there the bot finds none.`,
  }),
  'unknown-key': (name) => ({
    title: `The vault has no key named ${name}.`,
    text: 'Choose from the list, or make a new one.',
  }),
  'unknown-vault': (name) => ({
    title: name === '' ? 'The vault is not there.' : `No vault is named ${name}.`,
    text: 'Look at the name, or choose from the list. Without Microsoft.KeyVault/vaults/read there the bot finds none.',
  }),
} as const satisfies RefusalWords;
