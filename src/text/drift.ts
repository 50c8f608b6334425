/** Words of the key watch: for each state what changed, what it means for the data, and one safe next step. */
import type { RoleTask } from '../domain/check.ts';
import { type ArmId, armIdParts } from '../domain/ids.ts';
import type { ResourceKind } from '../domain/resource-kind.ts';
import type { LastVerified } from '../domain/watch/drift.ts';
import type { DriftCause, DriftCode, DriftState } from '../domain/watch/state.ts';
import { type CheckWords, lines } from '../domain/words.ts';
import { kindNamed } from '../operations/resources/registry.ts';
import { utcDay, utcMinute } from './instants.ts';
import { foundKeyRemedy, keyWords } from './keys.ts';
import { roleTaskCommand, roleTaskTitle } from './permission-remedies.ts';
import { shortVersion } from './places.ts';

/** What changed, what it means for the data, and one safe next step. */
export interface DriftWords extends CheckWords {
  /** The title of the alert's button, and the command of the bot that it types. Both empty: the step isn't the bot's. */
  readonly button: string;
  readonly typed: string;
  /** For the command line of the role that the step names; can be empty. */
  readonly az: string;
}
type DriftStep = Pick<DriftWords, 'button' | 'typed' | 'az'>;

const kindOf = ({ resource }: LastVerified): ResourceKind => kindNamed(resource.kind);
/** The noun where the reader knows it: `agent` */
const its = (verified: LastVerified): string => kindOf(verified).short;
const noTime = (verified: LastVerified): string => `Microsoft doesn’t say how soon the ${its(verified)} stops working.`;
const unreadable = 'Data under this key can’t be decrypted without it.';
const repairs = 'A requester selects Request repair. After an approval, the bot sets the key back.';
const confirms = 'The vault’s owner confirms the change or undoes it.';

/** What the button of a resource that can be repaired types. */
export const repairVerb = 'Repair';
export const repairCommand = (resource: ArmId): string => `/repair-cmk resource=${resource}`;

const byRole = (az: string): DriftStep => ({ button: '', typed: '', az });
const rotate = ({ resource }: LastVerified, button: string, version: string): DriftStep => ({
  button,
  typed: `/rotate-cmk resource=${resource.id} version=${version}`,
  az: '',
});
/** `az`: what a role of the vault must do for the repair, and can do at once. */
const repair = ({ resource }: LastVerified, az = ''): DriftStep => ({
  button: 'Request repair',
  typed: repairCommand(resource.id),
  az,
});

const roleTask = ({ vault, keyName }: LastVerified, task: RoleTask['task'], keyVersion: string): RoleTask => ({
  task,
  by: vault.access,
  vault: vault.name,
  keyName,
  keyVersion,
});
const recovery = (verified: LastVerified): RoleTask => roleTask(verified, 'recover-key', verified.keyVersion);
const enabling = (verified: LastVerified, keyVersion: string): RoleTask =>
  roleTask(verified, 'enable-key-version', keyVersion);

function moveBack(from: string, to: ArmId): string {
  const { subscriptionId, resourceGroup } = armIdParts(to);
  return `az resource move --ids ${from} --destination-group ${resourceGroup} --destination-subscription-id ${subscriptionId}`;
}

const alert =
  (...written: Parameters<typeof lines>) =>
  (step: DriftStep): DriftWords => ({ ...lines(...written), ...step });

type Wording<C extends DriftCode> = (
  state: Extract<DriftState, { readonly code: C }>,
  verified: LastVerified,
) => DriftWords;

/** A state without its words doesn't compile. */
const words: { readonly [C in DriftCode]: Wording<C> } = {
  'resource-deleted': (_state, verified) => {
    const { short: noun, deleted } = kindOf(verified);
    return alert`The ${noun} was deleted
    ${deleted.means}
    ${deleted.next}`(byRole(''));
  },
  'key-purged': (_state, { vault, keyName, keyVersion }) =>
    alert`Version ${shortVersion(keyVersion)} of key ${keyName} is gone for good
    ${unreadable} The vault has no deleted key of that name, so only a backup can bring it back.
    The vault’s owner checks whether a backup of the key exists, and restores it into a vault with the same name.`(
      byRole(`az keyvault key restore --vault-name ${vault.name} --file BACKUP_FILE`),
    ),
  'vault-gone': (_state, verified) =>
    alert`Vault ${verified.vault.name} is gone
    ${unreadable} A deleted vault can be recovered with its keys until its retention period ends. ${noTime(verified)}
    A Key Vault Contributor recovers the vault.`(byRole(`az keyvault recover --name ${verified.vault.name}`)),
  'vault-moved': ({ to }, verified) =>
    alert`Vault ${verified.vault.name} was moved
    Its address and its keys stay. Azure doesn’t move role assignments, so the ${its(verified)} might have lost access. ${noTime(verified)}
    An Azure administrator moves the vault back.`(byRole(moveBack(to, verified.vault.id))),
  'key-deleted': (_state, verified) =>
    alert`Key ${verified.keyName} was deleted
    ${unreadable} The key can be recovered until its retention period ends. ${noTime(verified)}
    ${roleTaskTitle(recovery(verified))}. ${repairs}`(repair(verified, roleTaskCommand(recovery(verified)))),
  'key-missing': (_state, verified) =>
    alert`Version ${shortVersion(verified.keyVersion)} of key ${verified.keyName} is gone
    ${unreadable} The bot can’t see whether the key can be recovered. ${noTime(verified)}
    ${roleTaskTitle(recovery(verified))}. ${repairs}`(repair(verified, roleTaskCommand(recovery(verified)))),
  'key-disabled': ({ keyVersion }, verified) => {
    const version = keyVersion ?? verified.keyVersion;
    return alert`Version ${shortVersion(version)} of key ${verified.keyName} is disabled
    ${unreadable} Nothing is lost while the version can be enabled. ${noTime(verified)}
    ${roleTaskTitle(enabling(verified, version))}. ${repairs}`(
      repair(verified, roleTaskCommand(enabling(verified, version))),
    );
  },
  'identity-changed': ({ now }, verified) =>
    now === null
      ? alert`The ${its(verified)}’s system-assigned identity is off
        The identity that has access to the key is gone. ${unreadable} ${noTime(verified)}
        ${repairs}`(repair(verified))
      : alert`The ${its(verified)} has another identity
        It might have no access to the key, or access that no approver confirmed. ${unreadable} ${noTime(verified)}
        ${repairs}`(repair(verified)),
  'access-lost': (_state, verified) =>
    alert`The ${its(verified)}’s identity lost access to key ${verified.keyName}
    ${unreadable} Nothing is lost while access can be assigned again. ${noTime(verified)}
    ${repairs}`(repair(verified)),
  'use-refused': ({ keyVersion }, verified) =>
    alert`The vault refuses version ${shortVersion(keyVersion)} of key ${verified.keyName} to the ${its(verified)}
    ${unreadable} The vault’s log shows this before Azure shows why. ${noTime(verified)}
    If the review finds nothing, check again in some minutes. ${repairs}`(repair(verified)),
  'retired-version-needed': ({ keyVersion }, verified) =>
    alert`Something still needs the retired version ${shortVersion(keyVersion)} of key ${verified.keyName}
    The vault refuses it. What depends on it can’t be read. To see who called, use /cmk-status key=${verified.keyName} vault=${verified.vault.name}.
    ${roleTaskTitle(enabling(verified, keyVersion))}.`(byRole(roleTaskCommand(enabling(verified, keyVersion)))),
  'key-stripped': (_state, verified) =>
    alert`The customer-managed key was removed from the ${its(verified)}
    The ${its(verified)}’s data is under a Microsoft-managed key, not under yours.
    ${repairs}`(repair(verified)),
  'key-replaced': ({ now }, verified) =>
    alert`The ${its(verified)} is under ${keyWords(now)}
    It isn’t what was last approved and verified here. The ${its(verified)} now depends on it.
    ${`${foundKeyRemedy(now)} ${repairs}`.trim()}`(repair(verified)),
  'resource-failed': ({ provisioningState }, verified) =>
    alert`Azure shows the ${its(verified)} as ${provisioningState}
    The last operation on the ${its(verified)} failed. What Azure shows might not be what the ${its(verified)} uses.
    ${repairs}`(repair(verified)),
  'key-expired': ({ at }, verified) =>
    alert`The key expired on ${utcDay(at)}
    Where it is in use, an expired key continues to work, but new uses are refused.
    A requester selects Request new version. After an approval, the bot creates it and sets it on the ${its(verified)}.`(
      rotate(verified, 'Request new version', 'new'),
    ),
  'key-expires': ({ at }, verified) =>
    alert`The key expires on ${utcDay(at)}
    The data is safe now. After that day, the vault refuses new uses of the key.
    A requester selects Request new version. After an approval, the bot creates it and sets it on the ${its(verified)}.`(
      rotate(verified, 'Request new version', 'new'),
    ),
  'purge-protection-off': (_state, verified) =>
    alert`Purge protection on ${verified.vault.name} is off
    The data is safe now. A deleted key could be purged at once, and the data with it.
    ${repairs}`(repair(verified)),
  'firewall-changed': ({ now }, verified) => {
    const { name } = verified.vault;
    if (now === 'open')
      return alert`The firewall of ${name} is now open
        The data is safe now. The vault accepts calls from every network.
        ${confirms}`(byRole(`az keyvault update --name ${name} --default-action Deny`));
    const isLetIn = now === 'trusted' && kindOf(verified).network === now;
    return alert`The firewall of ${name} is now closed${now === 'trusted' ? ', except for trusted services' : ''}
      ${
        isLetIn
          ? `The data is safe now: the ${its(verified)} is a Key Vault trusted service.`
          : `Microsoft doesn’t say whether the ${its(verified)} reaches a vault behind a firewall. If it doesn’t, it can’t decrypt its data.`
      }
      ${confirms}`(byRole(`az keyvault update --name ${name} --default-action Allow`));
  },
  'old-version-disabled': ({ keyVersion }, verified) =>
    alert`Version ${shortVersion(keyVersion)}, which the ${its(verified)} used before, is disabled
    Microsoft doesn’t say how long the ${its(verified)} needs an earlier version. Backups might need it, too.
    ${roleTaskTitle(enabling(verified, keyVersion))}.`(byRole(roleTaskCommand(enabling(verified, keyVersion)))),
  'newer-version': ({ keyVersion, created }, verified) =>
    alert`Version ${shortVersion(keyVersion)} of the key is newer${created === null ? '' : `, created on ${utcDay(created)}`}
    The data is safe. The ${its(verified)} stays on its version until the key is rotated.
    A requester selects Request newest version. After an approval, the bot sets it on the ${its(verified)}.`(
      rotate(verified, 'Request newest version', 'newest'),
    ),
};

/** Under a union of codes the compiler asks for all states at once; a code by itself has its own. */
export const driftWords = <C extends DriftCode>(
  state: Extract<DriftState, { readonly code: C }>,
  verified: LastVerified,
): DriftWords => (words[state.code] as Wording<C>)(state, verified);

const short: { readonly [C in DriftCode]?: string } = {
  'use-refused': 'key refused',
  'key-stripped': 'key removed',
  'key-replaced': 'other key',
  'old-version-disabled': 'earlier version disabled',
  'key-expires': 'key expires soon',
};
/** Two or three words, for lists and history: those of the code, if it has no others. */
export const shortDrift = (code: DriftCode): string => short[code] ?? code.replaceAll('-', ' ');

/** Where no one changed anything: time passed, or a call was refused. */
const unchanged: readonly DriftCode[] = ['key-expires', 'key-expired', 'use-refused', 'retired-version-needed'];

/** The state of a resource with one difference. */
export function driftPill(code: DriftCode | undefined): string {
  if (code === 'key-expires') return 'Key expires soon';
  return code === 'key-expired' ? 'Key expired' : 'Not as approved';
}

const sources: Readonly<Record<DriftCause['source'], string>> = {
  'resource-graph': 'Azure Resource Graph',
  'activity-log': 'the activity log',
  unknown: '',
};

/** Who changed it and when. The activity log names no properties, so the write is only a candidate. `by`: as Azure names them. */
export function causeWords(
  code: DriftCode,
  { source, at, byType, clientType, operation }: DriftCause,
  by: string | null,
): string {
  if (unchanged.includes(code)) return '';
  if (source === 'unknown') return 'Azure doesn’t say who changed it.';
  const kind = byType === null ? '' : ` (${byType.toLowerCase()})`;
  const who = by === null ? 'Someone' : `${by}${kind}`;
  const client = clientType === null ? '' : ` with ${clientType}`;
  const when = at === null ? '' : ` on ${utcMinute(at)}`;
  const candidate = `Latest write that could have caused it${when}${by === null ? '' : `, by ${who}`}`;
  const said = source === 'activity-log' ? candidate : `${who} changed it${when}${client}`;
  return `${said}${operation === null ? '' : `: ${operation}`}. Source: ${sources[source]}.`;
}
