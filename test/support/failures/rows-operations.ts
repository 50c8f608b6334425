/** How the write of a key ends. */
import { onAgent } from '../azure-state.ts';
import { type FailureGroup, runUnder } from './failure-row.ts';
import { seeded } from './names.ts';

const settled = onAgent(seeded.agent, (agent) => Object.assign(agent, { provisioningState: 'Succeeded' }));

export const operationRows: FailureGroup = {
  title: 'The change of the key',
  rows: [
    runUnder('grant-takes-10-minutes', {
      at: 'set-cmk',
      from: 'grant-key-access',
      timePasses: true,
      ends: 'goes on by itself',
      code: 'KeyVaultAccessForbidden',
    }),
    runUnder('operation-fails-agent-failed', {
      at: 'set-cmk',
      ends: 'goes on by itself',
      code: 'KeyVaultAccessForbidden',
    }),
    runUnder('operation-fails-key-kept', { at: 'set-cmk', ends: 'goes on by itself', code: 'KeyVaultAccessForbidden' }),
    runUnder('operation-never-ends', {
      at: 'set-cmk',
      choices: { limits: { operationMs: 300 } },
      ends: 'asks a person',
      code: 'resource-busy',
      mend: (azure) => azure.allOff(),
    }),
    runUnder('operation-canceled', {
      at: 'set-cmk',
      ends: 'asks a person',
      code: 'OperationCanceled',
      mend: async () => undefined,
    }),
    runUnder('agent-stays-accepted', {
      at: 'set-cmk',
      ends: 'asks a person',
      code: 'resource-busy',
      mend: (azure) => azure.change(settled),
    }),
    runUnder('accepted-then-lost', { at: 'set-cmk', ends: 'goes on by itself', code: 'OperationNotFound' }),
    runUnder('200-without-the-property', {
      at: 'set-cmk',
      ends: 'asks a person',
      code: 'key-not-shown',
      mend: (azure) => azure.allOff(),
    }),
    runUnder('another-change-under-way', {
      at: 'set-cmk',
      ends: 'goes on by itself',
      code: 'ConflictingConcurrentWriteNotAllowed',
    }),
  ],
};
