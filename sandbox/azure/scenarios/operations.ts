import { keyWrite, refusal, type ScenarioGroup, setting } from './scenario.ts';

const accessRefused = {
  // Invented, because the service's own code isn't public; the inner text is Key Vault's.
  code: 'KeyVaultAccessForbidden',
  message:
    'The identity of the resource may not use the key. Key Vault answered: ForbiddenByRbac, Caller is not authorized to perform action on resource.',
};

const tenMinutes = 600_000;

/** Scenarios for how a write of a key ends. */
export const operations: ScenarioGroup = {
  title: 'Setting the key',
  scenarios: [
    {
      name: 'grant-takes-10-minutes',
      title: 'A role assignment takes ten minutes',
      does: 'A new role assignment or access policy works only after 10 minutes.',
      circumstances: setting('grantTakesMs', tenMinutes, null),
    },
    {
      name: 'operation-fails-agent-failed',
      title: 'Setting the key fails, old key stays',
      does: 'The next change of a key fails: the agent is Failed, with its old key.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', error: accessRefused } }],
    },
    {
      name: 'operation-fails-key-kept',
      title: 'Setting the key fails, new key stays',
      does: 'The next change of a key fails: the agent is Failed, with the new key.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', change: 'kept', error: accessRefused } }],
    },
    {
      name: 'operation-never-ends',
      title: 'Setting the key never ends',
      does: 'A change of a key stays in progress until you turn this off.',
      faults: [{ match: keyWrite, operation: { takesMs: 'for-ever' } }],
    },
    {
      name: 'operation-canceled',
      title: 'Setting the key is canceled',
      does: 'The next change of a key is canceled, and the agent shows Canceled.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Canceled' } }],
    },
    {
      name: 'agent-stays-accepted',
      title: 'The agent stays in the state Accepted',
      does: 'The next change of a key succeeds, but the agent stays Accepted.',
      faults: [{ match: keyWrite, times: 1, operation: { provisioningState: 'Accepted' } }],
    },
    {
      name: 'accepted-then-lost',
      title: 'Azure accepts a change and loses it',
      does: 'Azure accepts the next change of a key, and then loses it.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Lost' } }],
    },
    {
      name: '200-without-the-property',
      title: 'Azure reports success, key unchanged',
      does: 'Azure answers changes of a key with 200, but the agent keeps its old key.',
      faults: [
        { match: { url: '/healthBots/' }, lose: ['properties.keyVaultProperties'] },
        { match: keyWrite, operation: { answersAtOnce: true } },
      ],
    },
    {
      name: 'another-change-under-way',
      title: 'Another change is in progress',
      does: 'The next 3 changes of a key get 409: another change is in progress.',
      // Code and text from memory.
      faults: [
        refusal(
          { match: keyWrite, times: 3 },
          409,
          'ConflictingConcurrentWriteNotAllowed',
          'The request could not be completed because another write operation is in progress on this resource. Please retry later.',
        ),
      ],
    },
  ],
};
