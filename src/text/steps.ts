/** Texts for steps, their effects, and their proofs. Plain text, not escaped for cards. */
import type { Effect } from '../domain/effect.ts';
import type { KeyWork } from '../domain/key-change.ts';
import { sameKeyName, sameVaultUri } from '../domain/observed.ts';
import type { Plan, PlannedStep, StepName } from '../domain/plan.ts';
import type { Proof, ProofLevel } from '../domain/proof.ts';
import type { Request, StepProgress } from '../domain/request/request.ts';
import { lines } from '../domain/words.ts';
import { kindWords, versionWords } from './keys.ts';
import { byRoleWords } from './permission-remedies.ts';
import { shortVersion } from './places.ts';

interface StepWords {
  readonly title: string;
  /** What a running step does. */
  readonly running: string;
  /** What the bot reads back after the step. */
  readonly readBack: string;
  /** What the bot checks before the next attempt, and while Azure works. */
  readonly checked: string;
  /** Usual duration in Azure, in seconds. Null: a role of the vault decides. */
  readonly seconds: { readonly least: number; readonly most: number } | null;
}

const some = { least: 1, most: 10 };
const many = { least: 15, most: 90 };

const step =
  (checked: string, seconds: StepWords['seconds']) =>
  (...written: Parameters<typeof lines>): StepWords => {
    const { title, text: running, remedy: readBack } = lines(...written);
    return { title, running, readBack, checked, seconds };
  };

export const stepTable: Readonly<Record<StepName, StepWords>> = {
  'enable-identity': step('the resource', many)`Turn on system-assigned identity
    Azure is creating the resource’s identity.
    Azure reports: system-assigned`,
  'make-key-version': step('the key in the vault', some)`Create key
    The key vault is creating the key.
    Azure reports: the key exists`,
  'recover-key': step('the key in the vault', null)`Wait for the key to be recovered
    The bot checks whether the key is back.
    Azure reports: the approved version exists and is enabled`,
  'enable-key-version': step('the key in the vault', null)`Wait for the key version to be enabled
    The bot checks whether the version is enabled.
    Azure reports: the approved version is enabled`,
  'disable-key-version': step('the key in the vault', null)`Wait for the old version to be disabled
    The bot checks whether the old version is disabled.
    Azure reports: the old version is disabled`,
  'grant-key-access': step('the role assignment', some)`Assign key access
    The bot is giving the resource access to the key.
    Azure reports: Get, Wrap Key, and Unwrap Key`,
  'protect-vault': step('the vault', some)`Turn on purge protection
    Azure is turning on purge protection.
    Azure reports: purge protection on`,
  'set-cmk': step('the resource', many)`Set customer-managed key
    Azure is setting the resource’s key.
    Azure reports this key on the resource`,
  verify: step('resource, vault, access, and key', some)`Verify
    The bot reads the result back, checks the permission, and tests the key.
    Everything was read back from Azure`,
};

const newVersion = step(stepTable['make-key-version'].checked, some)`Create key version
  The key vault is creating the version.
  Azure reports: the version exists`;

/** Returns the texts of a step with these effects: creating a version of an existing key isn't creating a key. */
export const stepWords = (name: StepName, effects: readonly Effect[]): StepWords =>
  effects.some((effect) => effect.change === 'key' && effect.before !== null) ? newVersion : stepTable[name];

export const stepWordsIn = ({ steps }: Pick<Plan, 'steps'>, name: StepName): StepWords =>
  stepWords(name, steps.find((step) => step.name === name)?.effects ?? []);

export const titlesOf = (
  { plan, progress }: Pick<Request, 'plan' | 'progress'>,
  isWanted: (step: StepProgress) => boolean,
): readonly string[] => progress.filter(isWanted).map(({ name }) => stepWordsIn(plan, name).title);

/** Returns the titles of all completed steps, first those of earlier plans. */
export const completedTitles = (request: Request): readonly string[] => [
  ...request.earlier.flatMap(({ step, isConfirmed }) => (isConfirmed ? stepWords(step.name, step.effects).title : [])),
  ...titlesOf(request, ({ state }) => state === 'done'),
];

/** For a step that was sent before Azure's confirmation could be stored, and then only read back. */
export const interruptedWords = 'Sent earlier, confirmed by reading';

const grantOf = 'Resource’s role on the key';

/** `Purge protection: off → on` */
export function effectWords(effect: Effect): string {
  switch (effect.change) {
    case 'identity': {
      // User-assigned identities remain: an arrow away from them would suggest removal.
      const after = effect.before === 'user-assigned' ? 'user-assigned and system-assigned' : 'system-assigned';
      return `Resource identity: ${effect.before} → ${after}`;
    }
    case 'key':
      return effect.before === null
        ? `New key: none → ${kindWords(effect)}`
        : `New version after ${shortVersion(effect.before)}: ${kindWords(effect)}`;
    case 'key-recovery':
      return `Key version ${shortVersion(effect.keyVersion)}: ${effect.before} → recovered (${byRoleWords})`;
    case 'key-enablement':
      return `Key version ${shortVersion(effect.keyVersion)}: ${effect.before} → enabled (${byRoleWords})`;
    case 'key-disablement':
      return `Key version ${shortVersion(effect.keyVersion)}: ${effect.before} → disabled (${byRoleWords})`;
    case 'role-assignment':
      return `${grantOf}: none → ${effect.role}`;
    case 'access-policy':
      return `Resource’s access policy on the vault: none → ${effect.permissions.join(', ')}`;
    case 'soft-delete':
      return `Soft delete: ${effect.before} → on`;
    case 'purge-protection':
      return `Purge protection: ${effect.before} → on (for all keys, secrets, and certificates in the vault)`;
    case 'customer-key':
      return keyEffectWords(effect);
  }
}

function keyEffectWords({ before, to }: Extract<Effect, { change: 'customer-key' }>): string {
  const isSameName = before !== null && sameKeyName(before.keyName, to.keyName);
  const after =
    to.keyVersion === null
      ? 'follows new versions'
      : versionWords(to.keyVersion, isSameName ? before.keyVersion : null);
  if (before === null) return `Key: Microsoft-managed → ${to.keyName}, ${after}`;
  if (isSameName && sameVaultUri(before.vaultUri, to.vaultUri)) {
    return `Key ${to.keyName}: ${before.keyVersion === null ? 'no version' : versionWords(before.keyVersion, null)} → ${after}`;
  }
  return `Key: ${before.keyName} → ${to.keyName}, ${after}`;
}

/** Returns a short text for an effect that can't be undone, or might not be reversible. */
export function gistOf(effect: Effect): string {
  switch (effect.change) {
    case 'identity':
      return 'identity on';
    case 'key':
      return effect.before === null ? 'a new key' : 'a new version';
    case 'key-recovery':
      return 'the key recovered';
    case 'key-enablement':
      return 'the version enabled';
    case 'key-disablement':
      return 'the old version disabled';
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

export const notCheckedWords = ({ level, because }: Proof): string =>
  because === 'firewall'
    ? 'The vault’s firewall blocks the bot, so the bot couldn’t test the key.'
    : proofWords[level].notChecked;

export const proofWords: Record<ProofLevel, ProofWords> = {
  'read-back': {
    name: 'Configured',
    proved: 'Azure reports this key and version on the resource.',
    notChecked: 'The bot didn’t read the resource back.',
  },
  'permission-held': {
    name: 'Permitted',
    proved: 'The resource’s identity has the Get, Wrap Key, and Unwrap Key permissions.',
    notChecked: 'The bot didn’t check the permission.',
  },
  'key-usable': {
    name: 'Key tested',
    proved: 'The bot wrapped and unwrapped test data. This doesn’t prove that the resource can.',
    notChecked: 'The bot doesn’t have permission to use this key, so it wasn’t tested.',
  },
  'use-seen': {
    name: 'Use observed',
    proved: 'The Key Vault log shows that the resource uses the key.',
    notChecked: 'The bot isn’t set up to read the Key Vault audit log.',
  },
};

export const provedWords = (level: ProofLevel, { follows }: KeyWork['to']): string =>
  level === 'read-back' && follows
    ? 'Azure reports this key on the resource, without a version: the resource follows new ones.'
    : proofWords[level].proved;
