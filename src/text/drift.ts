/** Words of the key watch: for each state what changed, what it means for the data, and one safe next step. */
import type { RoleTask } from '../domain/check.ts';
import { type ArmId, armIdParts } from '../domain/ids.ts';
import type { LastVerified } from '../domain/watch/drift.ts';
import type { DriftCause, DriftCode, DriftState } from '../domain/watch/state.ts';
import { utcDay, utcMinute } from './instants.ts';
import { foundKeyRemedy, keyWords } from './keys.ts';
import { roleTaskCommand, roleTaskTitle } from './permission-remedies.ts';
import { shortVersion } from './places.ts';

/** What a person does next: a command of the bot, with its button, or an instruction for a role, with an `az` command. */
type DriftStep =
  | {
      readonly kind: 'command';
      readonly button: string;
      readonly command: string;
      readonly text: string;
      /** Empty: nothing is done outside of the bot. */
      readonly az: string;
    }
  | { readonly kind: 'instruction'; readonly text: string; readonly command: string };

export interface DriftWords {
  readonly title: string;
  readonly meaning: string;
  readonly step: DriftStep;
}

const noTime = 'Microsoft doesn’t say how soon the agent stops working.';
const unreadable = 'Data under this key can’t be decrypted without it.';

const command = (button: string, text: string, typed: string): DriftStep => ({
  kind: 'command',
  button,
  text,
  command: typed,
  az: '',
});
const instruct = (text: string, az: string): DriftStep => ({ kind: 'instruction', text, command: az });

const rotate = ({ resource }: LastVerified, version: string): string =>
  `/rotate-cmk resource=${resource.id} version=${version}`;

/** What the button of an agent that can be repaired types. */
export const repairVerb = 'Repair';
export const repairCommand = (agent: ArmId): string => `/repair-cmk resource=${agent}`;

/** A repair of what the bot can do by itself, and what a role of the vault must do for it. */
const repair = ({ resource }: LastVerified, first = '', az = ''): DriftStep => ({
  kind: 'command',
  button: 'Request repair',
  text: `${first}${first === '' ? '' : ' '}A requester requests a repair, and the bot makes it after the approval.`,
  command: repairCommand(resource.id),
  az,
});

const roleTask = ({ vault, keyName }: LastVerified, task: RoleTask['task'], keyVersion: string): RoleTask => ({
  ...{ task, by: vault.access, vault: vault.name, keyName, keyVersion },
});
const earlierVersion = (verified: LastVerified, keyVersion: string): RoleTask =>
  roleTask(verified, 'enable-key-version', keyVersion);

/** A repair that waits for a role of the vault, which can act at once. */
function repairByRole(verified: LastVerified, task: RoleTask['task']): DriftStep {
  const needed = roleTask(verified, task, verified.keyVersion);
  return repair(verified, `${roleTaskTitle(needed)}.`, roleTaskCommand(needed));
}

const lost = (verified: LastVerified): DriftStep =>
  instruct(
    'The vault’s owner checks whether a backup of the key exists, and restores it into a vault with the same name.',
    `az keyvault key restore --vault-name ${verified.vault.name} --file BACKUP_FILE`,
  );

function moveBack(from: string, to: ArmId): string {
  const { subscriptionId, resourceGroup } = armIdParts(to);
  return `az resource move --ids ${from} --destination-group ${resourceGroup} --destination-subscription-id ${subscriptionId}`;
}

type Wording<C extends DriftCode> = (
  state: Extract<DriftState, { readonly code: C }>,
  verified: LastVerified,
) => DriftWords;

/** A state without its words doesn't compile. */
const words: { readonly [C in DriftCode]: Wording<C> } = {
  'agent-deleted': () => ({
    title: 'The agent was deleted',
    meaning: 'Its data can’t be decrypted any more. Microsoft says that this can’t be undone.',
    step: instruct('An Azure administrator finds out who deleted it. Keep the key until the owner decides.', ''),
  }),
  'key-purged': (_state, verified) => ({
    title: `Version ${shortVersion(verified.keyVersion)} of key ${verified.keyName} is gone for good`,
    meaning: `${unreadable} The vault has no deleted key of that name, so only a backup can bring it back.`,
    step: lost(verified),
  }),
  'vault-gone': (_state, verified) => ({
    title: `Vault ${verified.vault.name} is gone`,
    meaning: `${unreadable} A deleted vault can be recovered with its keys until its retention period ends. ${noTime}`,
    step: instruct('A Key Vault Contributor recovers the vault.', `az keyvault recover --name ${verified.vault.name}`),
  }),
  'vault-moved': ({ to }, verified) => ({
    title: `Vault ${verified.vault.name} was moved`,
    meaning: `Its address and its keys stay. Azure doesn’t move role assignments, so the agent might have lost access. ${noTime}`,
    step: instruct('An Azure administrator moves the vault back.', moveBack(to, verified.vault.id)),
  }),
  'key-deleted': (_state, verified) => ({
    title: `Key ${verified.keyName} was deleted`,
    meaning: `${unreadable} The key can be recovered until its retention period ends. ${noTime}`,
    step: repairByRole(verified, 'recover-key'),
  }),
  'key-missing': (_state, verified) => ({
    title: `Version ${shortVersion(verified.keyVersion)} of key ${verified.keyName} is gone`,
    meaning: `${unreadable} The bot can’t see whether the key can be recovered. ${noTime}`,
    step: repairByRole(verified, 'recover-key'),
  }),
  'key-disabled': (_state, verified) => ({
    title: `Version ${shortVersion(verified.keyVersion)} of key ${verified.keyName} is disabled`,
    meaning: `${unreadable} Nothing is lost while the version can be enabled. ${noTime}`,
    step: repairByRole(verified, 'enable-key-version'),
  }),
  'identity-changed': ({ now }, verified) => ({
    title: now === null ? 'The agent’s system-assigned identity is off' : 'The agent has another identity',
    meaning: `${now === null ? 'The identity that has access to the key is gone.' : 'It might have no access to the key, or access that no approver confirmed.'} ${unreadable} ${noTime}`,
    step: repair(verified),
  }),
  'access-lost': (_state, verified) => ({
    title: `The agent’s identity lost access to key ${verified.keyName}`,
    meaning: `${unreadable} Nothing is lost while access can be assigned again. ${noTime}`,
    step: repair(verified),
  }),
  'use-refused': ({ keyVersion }, verified) => ({
    title: `The vault refuses version ${shortVersion(keyVersion)} of key ${verified.keyName} to the agent`,
    meaning: `${unreadable} The vault’s log shows this before Azure shows why. ${noTime}`,
    step: repair(verified, 'If the review finds nothing, check again in some minutes.'),
  }),
  'retired-version-needed': ({ keyVersion }, verified) => ({
    title: `Something still needs the retired version ${shortVersion(keyVersion)} of key ${verified.keyName}`,
    meaning: `The vault refuses it. What depends on it can’t be read. To see who called, use /key-impact ${verified.vault.name} ${verified.keyName}.`,
    step: instruct(
      `${roleTaskTitle(earlierVersion(verified, keyVersion))}.`,
      roleTaskCommand(earlierVersion(verified, keyVersion)),
    ),
  }),
  'key-stripped': (_state, verified) => ({
    title: 'The customer-managed key was removed from the agent',
    meaning: 'The agent’s data is under a Microsoft-managed key, not under yours.',
    step: repair(verified),
  }),
  'key-replaced': ({ now }, verified) => ({
    title: `The agent is under ${keyWords(now)}`,
    meaning: 'It isn’t what was last approved and verified here. The agent now depends on it.',
    step: repair(verified, foundKeyRemedy(now)),
  }),
  'agent-failed': ({ provisioningState }, verified) => ({
    title: `Azure shows the agent as ${provisioningState}`,
    meaning: 'The last operation on the agent failed. What Azure shows might not be what the agent uses.',
    step: repair(verified),
  }),
  'key-expired': ({ at }, verified) => ({
    title: `The key expired on ${utcDay(at)}`,
    meaning: 'Where it is in use, an expired key continues to work, but new uses are refused.',
    step: command('Request a new version', 'A requester requests a new version of the key.', rotate(verified, 'new')),
  }),
  'key-expires': ({ at }, verified) => ({
    title: `The key expires on ${utcDay(at)}`,
    meaning: 'The data is safe now. After that day, the vault refuses new uses of the key.',
    step: command('Request a new version', 'A requester requests a new version of the key.', rotate(verified, 'new')),
  }),
  'purge-protection-off': (_state, verified) => ({
    title: `Purge protection on ${verified.vault.name} is off`,
    meaning: 'The data is safe now. A deleted key could be purged at once, and the data with it.',
    step: repair(verified),
  }),
  'firewall-changed': ({ now }, verified) => ({
    title: `The firewall of ${verified.vault.name} is now ${now}`,
    meaning:
      now === 'open'
        ? 'The data is safe now. The vault accepts calls from every network.'
        : 'Microsoft doesn’t say whether an agent reaches a vault behind a firewall. If it doesn’t, it can’t decrypt its data.',
    step: instruct(
      'The vault’s owner confirms the change or undoes it.',
      `az keyvault update --name ${verified.vault.name} --default-action ${now === 'open' ? 'Deny' : 'Allow'}`,
    ),
  }),
  'old-version-disabled': ({ keyVersion }, verified) => ({
    title: `Version ${shortVersion(keyVersion)}, which the agent used before, is disabled`,
    meaning: 'Microsoft doesn’t say how long an agent needs an earlier version. Backups might need it, too.',
    step: instruct(
      `${roleTaskTitle(earlierVersion(verified, keyVersion))}.`,
      roleTaskCommand(earlierVersion(verified, keyVersion)),
    ),
  }),
  'newer-version': ({ keyVersion, created }, verified) => ({
    title: `Version ${shortVersion(keyVersion)} of the key is newer${created === null ? '' : `, created on ${utcDay(created)}`}`,
    meaning: 'The data is safe. The agent stays on its version until the key is rotated.',
    step: command('Request the newest version', 'A requester requests the newest version.', rotate(verified, 'newest')),
  }),
};

/** Under a union of codes the compiler asks for all states at once; a code by itself has its own. */
export const driftWords = <C extends DriftCode>(
  state: Extract<DriftState, { readonly code: C }>,
  verified: LastVerified,
): DriftWords => (words[state.code] as Wording<C>)(state, verified);

const short: Readonly<Record<DriftCode, string>> = {
  'agent-deleted': 'agent deleted',
  'key-purged': 'key purged',
  'vault-gone': 'vault gone',
  'vault-moved': 'vault moved',
  'key-deleted': 'key deleted',
  'key-missing': 'key missing',
  'key-disabled': 'key disabled',
  'identity-changed': 'identity changed',
  'access-lost': 'access lost',
  'use-refused': 'key refused',
  'retired-version-needed': 'retired version needed',
  'key-stripped': 'key removed',
  'key-replaced': 'other key',
  'agent-failed': 'agent failed',
  'key-expired': 'key expired',
  'purge-protection-off': 'purge protection off',
  'firewall-changed': 'firewall changed',
  'old-version-disabled': 'earlier version disabled',
  'key-expires': 'key expires soon',
  'newer-version': 'newer version',
};
/** Two or three words, for lists and history. */
export const shortDrift = (code: DriftCode): string => short[code];

const sources: Readonly<Record<DriftCause['source'], string>> = {
  'resource-graph': 'Azure Resource Graph',
  'activity-log': 'the activity log',
  unknown: '',
};

/** Who changed it and when. The activity log names no properties, so the write is only a candidate. `by`: as Azure names them. */
export function causeWords({ source, at, byType, clientType, operation }: DriftCause, by: string | null): string {
  if (source === 'unknown') return 'Azure doesn’t say who changed it.';
  const kind = byType === null ? '' : ` (${byType.toLowerCase()})`;
  const who = by === null ? 'Someone' : `${by}${kind}`;
  const client = clientType === null ? '' : ` with ${clientType}`;
  const when = at === null ? '' : ` on ${utcMinute(at)}`;
  const candidate = `Latest write that could have caused it${when}${by === null ? '' : `, by ${who}`}`;
  const said = source === 'activity-log' ? candidate : `${who} changed it${when}${client}`;
  return `${said}${operation === null ? '' : `: ${operation}`}. Source: ${sources[source]}.`;
}
