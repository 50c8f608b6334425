/**
 * The healthcare agent service, formerly Health Bot. Shapes are those of Microsoft.HealthBot 2025-11-01. Sources: Microsoft's
 * how-to for customer-managed keys (creation date), its API description (names), and Key Vault's list of trusted services.
 */
import { type Check, judge } from '../../domain/check.ts';
import { declareKind } from '../../domain/resource-kind.ts';

/** Agents created on or before this day cannot take a customer-managed key. */
export const creationCutoff = '2021-11-11';

function judgeCreation(createdAt: string | null): Check {
  const day = createdAt?.slice(0, 10) ?? null;
  if (day === null) return judge('block', 'created-unknown', { cutoff: creationCutoff });
  const fact = { day, cutoff: creationCutoff };
  return day > creationCutoff
    ? judge('pass', 'created-after-cutoff', fact)
    : judge('block', 'created-before-cutoff', fact);
}

export const healthcareAgent = declareKind({
  name: 'healthcare-agent',
  noun: 'healthcare agent service',
  short: 'agent',
  type: 'Microsoft.HealthBot/healthBots',
  apiVersion: '2025-11-01',
  names: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}$/,
  keyAt: ['keyVaultProperties'],
  keyMembers: { vault: 'keyVaultUri', name: 'keyName', version: 'keyVersion' },
  role: 'CMK bot',
  deleted: {
    means: 'Its data can’t be decrypted any more. Microsoft says that this can’t be undone.',
    next: 'An Azure administrator finds out who deleted it. Keep the key until the owner decides.',
  },
  keep: {
    title: 'Keep the agent and the key',
    text: 'If the agent is deleted, or its key is permanently deleted, the agent’s data can’t be recovered. Keep an export of the data from before the change.',
    tick: 'I understand that the agent’s data can’t be recovered if the agent is deleted or the key is permanently deleted.',
  },
  checks: ({ createdAt }) => [judgeCreation(createdAt)],
  // Not on Key Vault's list of trusted services: the bypass does not let them in.
  network: 'open',
});
