/** Texts of refusals of a new request or an edit. */
import { shortVersion } from './places.ts';
import { lines, type RefusalWords, unchangedLines } from './words.ts';

export const refusedRequest = {
  'acknowledge-data-loss': lines`Select the checkbox.\nRead what it says, select it, and then submit.`,
  'start-half-chosen': lines`A start needs a date and a time.
    Choose both, or neither. Without a start, it starts when it’s approved.`,
  'start-passed': lines`That start is in the past.
    Choose a later start, or none. Without a start, it starts when it’s approved.`,
  'start-too-far': (days) => lines`That start is too far ahead.\nIt can be at most ${days} days from now.`,
  'resource-has-open-request': (id) => lines`Request ${id} is open for this agent.
    An agent can have one open request. Wait until it ends, or cancel it.`,
  'ambiguous-resource': (name) => lines`More than one agent is named ${name}.
    Give its resource id instead: resource=/subscriptions/….`,
  'choice-missing': lines`Nothing is chosen.\nChoose one, and then select Next.`,
  'form-ended': lines`This form has ended.\nType the command again.`,

  'key-not-visible': (name) => lines`The bot can’t read key ${name}.
    Its vault is in a subscription that the bot can’t read, or the key was deleted. Choose another key or vault.`,
  'not-under-own-key': (name) => lines`${name} uses a Microsoft-managed key.
    Use /enable-cmk to set a customer-managed key first.`,
  'no-approved-state': (name) => lines`The bot has no approved state for ${name}.
    No request for this agent has succeeded here. Use /enable-cmk or /rotate-cmk.`,
  'key-not-approved': (name) => lines`${name} doesn’t use the key that was last approved here.
    Use /repair-cmk to bring that key back, or /rotate-cmk to request another one.`,
  'approved-vault-gone': (vault) => lines`Vault ${vault} is gone, so the key can’t be repaired here.
    The agent can’t decrypt its data without this key. A Key Vault Contributor can recover the vault until its retention period ends. After that, the data is lost. Command: az keyvault recover --name ${vault}`,
  'no-old-version': (name) => lines`No older version of the key is meant by ${name}.
    A version can be retired only if the key was rotated after it. Read the key’s versions in the vault.`,
  'old-version-not-named': (versions) => lines`The key has more than one old version.
    Name one: version=…. Enabled versions: ${versions}.`,
  'unknown-version': (version) => lines`The key has no version ${version}.
    Choose newest, new, or a version that the vault shows.`,
  'version-in-use': (version) => lines`Version ${shortVersion(version)} is in use already.
    Choose another version, a new one, or another key.`,
  'version-unfit': (type) => lines`Azure can’t use a new version of a key of type ${type}.
    Choose another key: RSA or RSA-HSM with 2048, 3072 or 4096 bits.`,
  'justification-missing': lines`The reason is missing.
    Enter why the change is needed. Approvers read it first.`,
  'justification-too-long': (length) => lines`The reason is too long.\nUse at most ${length} characters.`,
  'change-reference-missing': lines`The change number is missing.
    Enter the number of the change in your change management system. The approval policy requires it.`,
  'change-reference-unfit': (pattern) => lines`The change number doesn’t have the required format.
    Enter at most 64 characters that match ${pattern}`,
  'new-key-expiry-unfit': (day) => lines`${day === '' ? 'The expiry date' : day} isn’t a date in the future.
    Choose a later expiry date.`,
  'new-key-kind-unfit': lines`The bot can’t create this kind of key.
    Choose RSA or RSA-HSM with 2048, 3072 or 4096 bits.`,
  'new-key-name-unfit': lines`The name of the new key isn’t valid.
    Use 1 to 127 letters, digits and hyphens. “new” isn’t allowed.`,
  'not-your-form': lines`This is another person’s form.\nType the command to open your own.`,
  'plan-blocked': lines`A check blocks this request.\nThe card shows which one, and how to fix it.`,
  'check-too-old': (id) => lines`The check before the run of ${id} is too old.
    The bot checks again before it changes anything.`,
  'plan-moved': lines`Azure changed while you were reading.
    The page shows the current plan. Check it, and then submit.`,
  'not-understood': (what) => lines`Not understood: ${what}.
    Type the agent name after the command, and then your choices.`,
  'unknown-resource': (name) => lines`${name === '' ? 'The agent doesn’t exist.' : `No agent is named ${name}.`}
    Check the name, or type /cmk-status to see all agents. New agents can take a few minutes to appear. If it still doesn’t appear, ask an operator to check the bot’s permissions.`,
  'unknown-key': (name) => lines`The vault has no key named ${name}.\nChoose from the list, or create a new key.`,
  'unknown-vault': (name) => lines`${name === '' ? 'The vault doesn’t exist.' : `No vault is named ${name}.`}
    Check the name, or choose from the list. If it doesn’t appear, ask an operator to check the bot’s permissions.`,

  // Edits of a request that waits for approval.
  'change-half-done': (id) => unchangedLines`Request ${id} has already changed Azure.
    You can’t edit it now. Cancel it, and create another request.`,
  'change-too-late': (id) => unchangedLines`Request ${id} no longer waits for approval.
    Your edit wasn’t saved. The card shows its state. Before a run starts, you can cancel it and request again.`,
  'changed-meanwhile': (id) => unchangedLines`Request ${id} was edited in the meantime.
    Your edit wasn’t saved. Cancel this form, and select Edit request on the current card.`,
  'changed-too-often': (times) => unchangedLines`The request was already edited ${times} times.
    Each edit gives approvers the full time again, so there’s a limit. Cancel the request, and create another one.`,
  'nothing-changed': (id) => lines`${id} already requests this.
    Edit at least one entry before you submit, or cancel this form.`,
} as const satisfies RefusalWords;
