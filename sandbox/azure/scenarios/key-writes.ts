/** Scenarios for how a write of a key ends. */

import { keyWrite, refuses, type ScenarioGroup, setting } from './scenario.ts';

const accessRefused = {
  // Invented, because the service's own error isn't public; the inner text is Key Vault's.
  code: 'KeyVaultError',
  message:
    'The identity of the resource may not use the key. Key Vault answered: ForbiddenByRbac, Caller is not authorized to perform action on resource.',
};

const tenMinutes = 600_000;

/** Scenarios for how a write of a key ends. */
export const operations: ScenarioGroup = {
  title: 'Setting the key',
  scenarios: {
    'grant-takes-10-minutes': { circumstances: setting('grantTakesMs', tenMinutes, null) },
    'operation-fails-agent-failed': {
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', error: accessRefused } }],
    },
    'operation-fails-key-kept': {
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', change: 'kept', error: accessRefused } }],
    },
    'operation-never-ends': { faults: [{ match: keyWrite, operation: { takesMs: 'for-ever' } }] },
    'operation-canceled': { faults: [{ match: keyWrite, times: 1, operation: { status: 'Canceled' } }] },
    'agent-stays-accepted': { faults: [{ match: keyWrite, times: 1, operation: { provisioningState: 'Accepted' } }] },
    'accepted-then-lost': { faults: [{ match: keyWrite, times: 1, operation: { status: 'Lost' } }] },
    '200-without-the-property': {
      faults: [
        { match: { url: '/healthBots/' }, lose: ['properties.keyVaultProperties'] },
        { match: keyWrite, operation: { answersAtOnce: true } },
      ],
    },
    // Code and text from memory.
    'another-change-under-way': refuses(
      { match: keyWrite, times: 3 },
      409,
      'ConflictingConcurrentWriteNotAllowed',
      'The request could not be completed because another write operation is in progress on this resource. Please retry later.',
    ),
  },
};
