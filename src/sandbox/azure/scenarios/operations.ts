import { armError } from '../http/reply.ts';
import { keyWrite, type ScenarioGroup, setting } from './scenario.ts';

const accessRefused = {
  // Invented, because the service's own code isn't public; the inner text is Key Vault's.
  code: 'KeyVaultAccessForbidden',
  message:
    'The identity of the resource may not use the key. Key Vault answered: ForbiddenByRbac, Caller is not authorized to perform action on resource.',
};

const tenMinutes = 600_000;

/** Scenarios for how a write of a key ends. */
export const operations: ScenarioGroup = {
  title: 'The change of the key',
  scenarios: [
    {
      name: 'grant-takes-10-minutes',
      title: 'A grant takes ten minutes',
      does: 'A grant that is made now counts after 10 minutes.',
      circumstances: setting('grantTakesMs', tenMinutes, null),
    },
    {
      name: 'operation-fails-agent-failed',
      title: 'A key change fails, the old key stays',
      does: 'The next change of a key fails: the agent is Failed and has its old key.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', error: accessRefused } }],
    },
    {
      name: 'operation-fails-key-kept',
      title: 'A key change fails, the new key stays',
      does: 'The next change of a key fails: the agent is Failed and shows the new key.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', change: 'kept', error: accessRefused } }],
    },
    {
      name: 'operation-never-ends',
      title: 'A key change never ends',
      does: 'A change of a key never ends, until this is off.',
      faults: [{ match: keyWrite, operation: { takesMs: 'for-ever' } }],
    },
    {
      name: 'operation-canceled',
      title: 'A key change is cancelled',
      does: 'The next change of a key is cancelled, and the agent says Canceled.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Canceled' } }],
    },
    {
      name: 'agent-stays-accepted',
      title: 'The agent goes on saying Accepted',
      does: 'The next change of a key succeeds, and the agent goes on saying Accepted.',
      faults: [{ match: keyWrite, times: 1, operation: { provisioningState: 'Accepted' } }],
    },
    {
      name: 'accepted-then-lost',
      title: 'A key change is accepted, then lost',
      does: 'The next change of a key is accepted, then forgotten: nothing is left of it.',
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Lost' } }],
    },
    {
      name: '200-without-the-property',
      title: 'Azure says done, the key is as before',
      does: 'Changes of a key are answered with 200, and the agent keeps its key.',
      faults: [
        { match: { url: '/healthBots/' }, lose: ['properties.keyVaultProperties'] },
        { match: keyWrite, operation: { answersAtOnce: true } },
      ],
    },
    {
      name: 'another-change-under-way',
      title: 'Another change is under way',
      does: 'The next 3 changes of a key are refused with 409: another is under way.',
      faults: [
        {
          match: keyWrite,
          times: 3,
          respond: {
            status: 409,
            // Code and text from memory.
            body: armError(
              'ConflictingConcurrentWriteNotAllowed',
              'The request could not be completed because another write operation is in progress on this resource. Please retry later.',
            ),
          },
        },
      ],
    },
  ],
};
