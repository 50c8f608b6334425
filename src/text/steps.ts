/** Words for steps, what they change, and what they prove. Plain text: not yet safe for a card. */
import type { Effect } from '../domain/effect.ts';
import { sameVaultUri } from '../domain/observed.ts';
import type { Plan, PlannedStep, StepName } from '../domain/plan.ts';
import type { Proof, ProofLevel } from '../domain/proof.ts';
import { kindWords, versionWords } from './keys.ts';
import { shortVersion } from './places.ts';

export const stepTitles: Record<StepName, string> = {
  'enable-identity': 'Enable identity',
  'make-key-version': 'Create key',
  'grant-key-access': 'Grant key access',
  'protect-vault': 'Protect vault',
  'set-cmk': 'Set customer-managed key',
  verify: 'Verify',
};

/** What is read back once a step is done. */
export const readBackWords: Record<StepName, string> = {
  'enable-identity': 'Read back: system-assigned',
  'make-key-version': 'Read back: the key is there',
  'grant-key-access': 'Read back: the agent may get, wrap and unwrap',
  'protect-vault': 'Read back: purge protection on',
  'set-cmk': 'Read back: the agent reports this key and version',
  verify: 'Everything read back',
};

/** What a running step is doing. */
export const runningWords: Record<StepName, string> = {
  'enable-identity': 'Azure is giving the agent an identity.',
  'make-key-version': 'The vault is making the key.',
  'grant-key-access': 'The agent is being let in to the key.',
  'protect-vault': 'The vault is being protected.',
  'set-cmk': 'Azure is switching the agent’s key.',
  verify: 'Reading back, checking the permission, trying the key.',
};

const newVersion = {
  title: 'Create key version',
  running: 'The vault is making the version.',
  readBack: 'Read back: the version is there',
} as const;

/** The words of a step that changes this: making a version of a key that is there is not making a key. */
export const stepWords = (
  name: StepName,
  effects: readonly Effect[],
): { readonly title: string; readonly running: string; readonly readBack: string } =>
  effects.some((effect) => effect.change === 'key' && effect.before !== null)
    ? newVersion
    : { title: stepTitles[name], running: runningWords[name], readBack: readBackWords[name] };

/** The same, of a step in a plan. */
export const stepWordsIn = ({ steps }: Pick<Plan, 'steps'>, name: StepName): ReturnType<typeof stepWords> =>
  stepWords(name, steps.find((step) => step.name === name)?.effects ?? []);

/** Of a step whose process ended before it heard that Azure had done it. */
export const interruptedWords = 'Done by a try that was interrupted';

const grantOf = 'Agent’s role on the key';

/** `Purge protection: off → on` */
export function effectWords(effect: Effect): string {
  switch (effect.change) {
    case 'identity': {
      // The user-assigned identities stay: an arrow away from them would say that they go.
      const after = effect.before === 'user-assigned' ? 'user-assigned and system-assigned' : 'system-assigned';
      return `Agent identity: ${effect.before} → ${after}`;
    }
    case 'key':
      return effect.before === null
        ? `New key: none → ${kindWords(effect)}`
        : `New version after ${shortVersion(effect.before)}: ${kindWords(effect)}`;
    case 'role-assignment':
      return `${grantOf}: none → ${effect.role.replace('Key Vault ', '')}`;
    case 'access-policy':
      return `Agent’s access policy on the vault: none → ${effect.permissions.join(', ')}`;
    case 'soft-delete':
      return `Soft delete: ${effect.before} → on`;
    case 'purge-protection':
      return `Purge protection: ${effect.before} → on, for every key in the vault`;
    case 'customer-key':
      return keyEffectWords(effect);
  }
}

function keyEffectWords({ before, to }: Extract<Effect, { change: 'customer-key' }>): string {
  const after = versionWords(to.keyVersion, before?.keyName === to.keyName ? before.keyVersion : null);
  if (before === null) return `Key: Microsoft-managed → ${to.keyName}, ${after}`;
  if (before.keyName === to.keyName && sameVaultUri(before.vaultUri, to.vaultUri)) {
    return `Key ${to.keyName}: ${before.keyVersion === null ? 'no version' : versionWords(before.keyVersion, null)} → ${after}`;
  }
  return `Key: ${before.keyName} → ${to.keyName}, ${after}`;
}

/** What cannot be undone, or is not known to be, in a few words. */
export function gistOf(effect: Effect): string {
  switch (effect.change) {
    case 'identity':
      return 'identity on';
    case 'key':
      return effect.before === null ? 'a new key' : 'a new version';
    case 'role-assignment':
    case 'access-policy':
      return 'access to the key';
    case 'soft-delete':
      return 'soft delete on';
    case 'purge-protection':
      return 'purge protection on';
    case 'customer-key':
      return 'switching the key back';
  }
}

export const gistOfStep = (step: PlannedStep): string => step.effects.map(gistOf).join(', ');

interface ProofWords {
  readonly name: string;
  readonly proved: string;
  readonly notChecked: string;
}

/** Why something is not proved. */
export const notCheckedWords = ({ level, because }: Proof): string =>
  because === 'firewall'
    ? 'The vault’s firewall let neither the bot nor its test bytes in, so the key was not tried.'
    : proofWords[level].notChecked;

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
