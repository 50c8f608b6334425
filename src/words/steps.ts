/** Words for steps, what they change, and what they prove. Plain text: not yet safe for a card. */
import type { Effect, PlannedStep, StepName } from '../domain/plan.ts';
import { firstVersion, resourcePrincipal } from '../domain/plan.ts';
import type { ProofLevel } from '../domain/proof.ts';
import { dayWords, shortVersion } from './places.ts';

export const stepTitles: Record<StepName, string> = {
  'enable-identity': 'Enable identity',
  'create-key': 'Create key',
  'grant-key-access': 'Grant key access',
  'protect-vault': 'Protect vault',
  'set-cmk': 'Set customer-managed key',
  verify: 'Verify',
};

/** What is read back once a step is done. */
export const readBackWords: Record<StepName, string> = {
  'enable-identity': 'Read back: system-assigned',
  'create-key': 'Read back: the key is there',
  'grant-key-access': 'Read back: the agent may get, wrap and unwrap',
  'protect-vault': 'Read back: purge protection on',
  'set-cmk': 'Read back: the agent reports this key and version',
  verify: 'Everything read back',
};

/** What a running step is doing. */
export const runningWords: Record<StepName, string> = {
  'enable-identity': 'Azure is giving the agent an identity.',
  'create-key': 'The vault is making the key.',
  'grant-key-access': 'The agent is being let in to the key.',
  'protect-vault': 'The vault is being protected.',
  'set-cmk': 'Azure is switching the agent’s key.',
  verify: 'Reading back, checking the permission, trying the key.',
};

const shortValue = (value: string): string =>
  value
    .replace(` for ${resourcePrincipal}`, '')
    .replace('Key Vault ', '')
    .replace(firstVersion, 'first version')
    .replace(/(?<=^RSA.*, expires )\d{4}-\d\d-\d\d$/, dayWords)
    .replace(/ ([0-9a-f]{32}) in .*$/s, (_match, version: string) => `, version ${shortVersion(version)}`)
    .replace(/ (first version) in .*$/s, ', $1');

const labels: Record<string, string> = {
  'identity.systemAssigned': 'Agent identity',
  key: 'New key',
  'role-assignment': 'Agent’s role on the key',
  'access-policy': 'Agent’s access policy on the vault',
  softDelete: 'Soft delete',
  purgeProtection: 'Purge protection',
  keyVaultProperties: 'Key',
};

/** `Purge protection: off → on` */
export function effectWords(effect: Effect): string {
  // The user-assigned identities stay: an arrow away from them would say that they go.
  const identity = effect.before === 'user-assigned' ? 'user-assigned and system-assigned' : 'system-assigned';
  const value = effect.property === 'identity.systemAssigned' ? identity : shortValue(effect.value);
  const before = effect.before === 'Microsoft-managed key' ? 'Microsoft-managed' : effect.before;
  return `${labels[effect.property] ?? effect.property}: ${before} → ${value}`;
}

/** What a step that cannot be undone turns on, in a few words. */
export const irreversibleWords = (step: PlannedStep): string =>
  step.effects
    .map((effect) => (effect.property === 'softDelete' ? 'soft delete on' : 'purge protection on'))
    .join(', ');

interface ProofWords {
  readonly name: string;
  readonly proved: string;
  readonly notChecked: string;
}

export const proofWords: Record<ProofLevel, ProofWords> = {
  'read-back': {
    name: 'Read back from Azure',
    proved: 'The agent reports this key and version.',
    notChecked: 'Not read back.',
  },
  'permission-held': {
    name: 'Permission held',
    proved: 'Its identity may get, wrap and unwrap.',
    notChecked: 'Not checked.',
  },
  'key-usable': {
    name: 'Key usable',
    proved: 'Wrapping and unwrapping test bytes worked.',
    notChecked: 'The bot itself may not use this key, so it was not tried.',
  },
  'use-seen': {
    name: 'The agent uses it',
    proved: 'The vault’s log shows the agent using the key.',
    notChecked: 'Nobody looked into the vault’s log.',
  },
};
