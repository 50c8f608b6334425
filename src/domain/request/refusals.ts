/** The refusals: the closed list of expected negative answers, with what the person who clicked sees. */
import { lines, type Sentences, unchangedLines, type Words } from '../words.ts';

/** About the failure that caused the refusal. */
export interface Cause {
  /** Source and code, as a sentence; empty unless a person must act. Not the message, because anyone might read this. */
  readonly source: string;
  readonly remedy: string;
}

/** Plain text, from the one fact of the refusal. */
export const refusals = {
  // New requests.
  'acknowledge-data-loss': lines`Select the checkbox.\nRead what it says, select it, and then submit.`,
  'start-half-chosen': lines`A start needs a date and a time.
    Choose both, or neither. Without a start, it starts when it’s approved.`,
  'start-passed': lines`That start is in the past.
    Choose a later start, or none. Without a start, it starts when it’s approved.`,
  'start-too-far': (days) => lines`That start is too far ahead.\nIt can be at most ${days} days from now.`,
  'resource-has-open-request': (id) => lines`Request ${id} is open for this resource.
    A resource can have one open request. Wait until it ends, or cancel it.`,
  'ambiguous-resource': (name) => lines`More than one resource is named ${name}.
    Give its resource id instead: resource=/subscriptions/….`,
  'choice-missing': lines`Nothing is chosen.\nChoose one, and then select Next.`,
  'form-ended': lines`This form has ended.\nType the command again.`,

  'key-not-visible': (name) => lines`The bot can’t read key ${name}.
    It was deleted, is in a Managed HSM, or its vault is in a subscription that the bot can’t read. Choose another key or vault.`,
  'not-under-own-key': (name) => lines`${name} uses a Microsoft-managed key.
    Use /enable-cmk to set a customer-managed key first.`,
  'no-approved-state': (name) => lines`The key of ${name} was never approved here.
    Request a key with /enable-cmk, or another version with /rotate-cmk. Then try again.`,
  'key-not-approved': (name) => lines`${name} doesn’t use the key that was last approved here.
    Use /repair-cmk to bring that key back, or /rotate-cmk to request another one.`,
  'approved-vault-gone': (vault) => lines`Vault ${vault} is gone, so the key can’t be repaired here.
    The resource can’t decrypt its data without this key. A Key Vault Contributor can recover the vault until its retention period ends. After that, the data is lost. Command: az keyvault recover --name ${vault}`,
  'no-old-version': (name) => lines`No older version to retire: ${name}.
    A version can be retired only if the key was rotated after it. Read the key’s versions in the vault.`,
  'old-version-not-named': (versions) => lines`The key has more than one old version.
    Name one: version=…. Enabled versions: ${versions}.`,
  'unknown-version': (version) => lines`The key has no version ${version}.
    Choose newest, new, or a version that the vault shows.`,
  'version-in-use': (version) => lines`Version ${version.slice(0, 8)} is in use already.
    Choose another version, a new one, or another key.`,
  'version-unfit': (type) => lines`Azure can’t use a new version of a key of type ${type}.
    Choose another key: RSA or RSA-HSM with 2048, 3072 or 4096 bits.`,
  'reason-missing': (verb) =>
    verb === 'give-up'
      ? lines`The reason is missing.
        Select End request and enter a reason. Everyone who can see the request can read it.`
      : verb === 'reject'
        ? lines`Enter a reason.\nSelect Reject and enter why. The requester sees it.`
        : lines`The reason is missing.\nEnter why the change is needed. Approvers read it first.`,
  'text-too-long': (length) => lines`This text is too long.\nUse at most ${length} characters.`,
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
    Type the resource name after the command, and then your choices.`,
  'unknown-resource': (name) => lines`${name === '' ? 'The resource doesn’t exist.' : `No resource is named ${name}.`}
    Check the name, or type /cmk-status to see all resources. New resources can take a few minutes to appear. If it still doesn’t appear, ask an operator to check the bot’s permissions.`,
  'kind-off': (noun) => lines`Requests for a ${noun} are turned off.
    Ask an operator to turn on this kind of resource: CMK_KINDS.`,
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

  // Decisions, and commands for a run.
  'acknowledge-irreversible': (count) => lines`Not approved yet.
    ${count === '1' ? 'One step' : `${count} steps`} can’t be undone. Select the checkbox, and then select Approve.`,
  'already-approved': lines`Already approved.\nEnough people approved it before you. The run starts.`,
  'already-approved-by-you': lines`You already approved this.\nSomeone else must approve it, too.`,
  'not-approved-by-you': lines`You have no approval to withdraw.\nYour click changed nothing. Each approver can withdraw only their own approval.`,
  'not-an-approver': lines`You aren’t an approver.\nYour click changed nothing. Ask an operator to add you.`,
  'not-an-operator': lines`You aren’t an operator.
    Operators, approvers and the requester can do that. Your click changed nothing.`,
  'not-awaiting-approval': lines`This request no longer needs approval.\nRefresh the card to see its state.`,
  'not-needing-attention': lines`The request doesn’t need attention now.\nRefresh the card to see its state.`,
  'not-your-request': lines`This isn’t your request.\nOnly its requester can do that.`,
  'own-request': lines`This is your own request.\nSomeone else must decide. Your click changed nothing.`,
  'reminded-lately': (until) => lines`A reminder was sent less than an hour ago.
    You can send the next reminder at ${until.slice(11, 16)} UTC.`,
  'request-ended': (id) =>
    lines`Request ${id} has ended.\nIts card says how, and who ended it. Your click changed nothing.`,
  'requester-lost-role': (id) => lines`The requester of ${id} no longer has the requester role for this resource.
    You can’t approve or retry it. Reject it, or ask an operator to check the list of requesters, and CMK_KINDS.`,
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

  // People without access, and failed lookups.
  'look-lost': unchangedLines`The bot restarted while it was waiting for Azure.
    Nothing was saved. Select Try again to continue.`,
  'submit-lost': unchangedLines`The request was not submitted.
    The bot restarted before the request was saved. Check the plan, and submit it again.`,
  'azure-unreachable': (message, { remedy }) => unchangedLines`Azure didn’t answer as expected.
    ${message} Nothing was changed. ${remedy}`,
  'azure-refused': (message, { remedy }) => unchangedLines`The bot doesn’t have permission to read this in Azure.
    ${message} Nothing was changed. ${remedy}`,
  'azure-cannot': (message, { remedy }) => unchangedLines`Azure can’t answer this.
    ${message} Nothing was changed. ${remedy}`,
  'cannot-check-membership': (_fact, { source, remedy }) => unchangedLines`The bot couldn’t check your membership.
    ${source}Nothing was stored. ${remedy}`,
  'cannot-check-requester': unchangedLines`The bot couldn’t check whether the requester still has the role.
    Nothing was stored. Try again in a minute.`,
  'clock-not-believed': unchangedLines`The bot’s clock is wrong, so nothing is stored.
    Your click changed nothing. Ask an operator to correct the clock, and then try again.`,
  guest: lines`Only members of this organization can use the bot.
    You’re a guest, or signed in from another organization.`,
  'no-approvers-configured': lines`There are no approvers for this resource.
    CMK_APPROVERS is empty, or CMK_KINDS leaves out this kind of resource. Ask an operator to set it.`,
  'no-open-request-named': (typed) => lines`No open request matches ${typed}.
    Type /cmk-requests to see open requests. For ended ones, type /cmk-history and the resource’s name.`,
  'no-requesters-configured': (
    rule,
  ) => lines`${rule === '' ? 'There are no requesters.' : 'There are no requesters for this resource.'}
    CMK_REQUESTERS is empty, or CMK_KINDS leaves out this kind of resource. Ask an operator to set it.`,
  'no-role': lines`You have no role here.
    This bot changes the encryption keys of Azure resources. Requesters, approvers and readers can use it. Ask an operator to add you.`,
  'not-a-requester': (rule) =>
    rule === ''
      ? lines`You aren’t a requester.\nOnly requesters can do this. Ask an operator to add you.`
      : lines`You aren’t a requester for this resource.
        Only requesters of rule “${rule}” can. Ask an operator to add you.`,
  'record-not-ahead': unchangedLines`No event is dated ahead of now.\nThe audit log continues automatically.`,
  'unknown-request': (id) => lines`There is no request ${id}.
    Check the ID. /cmk-requests lists open requests, /cmk-history the latest.`,
} as const satisfies Readonly<Record<string, Sentences<[fact: string, cause: Cause], Words>>>;
