/** How the write of a key ends. */
import { agentBody } from '../../../src/sandbox/azure/health-bots/agent-body.ts';
import { agentIn, onAgent, putUnder } from '../azure/azure-state.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { type FailureGroup, run, runUnder } from './failure-row.ts';
import { seeded } from './names.ts';

const accepted = {
  match: { method: 'PATCH', url: `healthBots/${seeded.agent}` },
  times: 1,
  respond: { status: 202, body: {} },
};

/** Azure names no operation to follow, and the agent shows the key only some reads after the change was sent. */
async function shownLater(azure: AzureUnderRun): Promise<void> {
  const state = await azure.state();
  const body = agentBody(state, agentIn(state, seeded.agent));
  await azure.fault(accepted, {
    match: { method: 'GET', url: `healthBots/${seeded.agent}\\?` },
    times: 5,
    respond: { status: 200, body },
  });
  await azure.change(putUnder(seeded.agent, seeded.vault, seeded.key));
}

const settled = onAgent(seeded.agent, (agent) => Object.assign(agent, { provisioningState: 'Succeeded' }));

export const operationRows: FailureGroup = {
  title: 'Setting the key',
  rows: [
    runUnder('grant-takes-10-minutes', {
      at: 'set-cmk',
      from: 'grant-key-access',
      timePasses: true,
      ends: 'continues',
      code: 'KeyVaultAccessForbidden',
    }),
    runUnder('operation-fails-agent-failed', {
      at: 'set-cmk',
      ends: 'continues',
      code: 'KeyVaultAccessForbidden',
    }),
    runUnder('operation-fails-key-kept', { at: 'set-cmk', ends: 'continues', code: 'KeyVaultAccessForbidden' }),
    runUnder('operation-never-ends', {
      what: 'The operation that sets the key doesn’t end.',
      at: 'set-cmk',
      choices: { limits: { operationMs: 300 } },
      ends: 'needs attention',
      code: 'resource-busy',
      mend: (azure) => azure.allOff(),
    }),
    runUnder('operation-canceled', {
      at: 'set-cmk',
      ends: 'needs attention',
      code: 'OperationCanceled',
      mend: async () => undefined,
    }),
    runUnder('agent-stays-accepted', {
      at: 'set-cmk',
      ends: 'needs attention',
      code: 'resource-busy',
      mend: (azure) => azure.change(settled),
    }),
    runUnder('accepted-then-lost', { at: 'set-cmk', ends: 'continues', code: 'OperationNotFound' }),
    run('Azure accepts the change, names no operation, and shows the key a little later.', shownLater, {
      at: 'set-cmk',
      ends: 'continues',
      code: null,
    }),
    run('Azure accepts the change, names no operation, and doesn’t make it.', (azure) => azure.fault(accepted), {
      at: 'set-cmk',
      ends: 'continues',
      code: 'key-not-shown',
    }),
    runUnder('200-without-the-property', {
      what: 'Azure accepts the change, but the agent keeps its key.',
      at: 'set-cmk',
      ends: 'needs attention',
      code: 'key-not-shown',
      mend: (azure) => azure.allOff(),
    }),
    runUnder('another-change-under-way', {
      at: 'set-cmk',
      ends: 'continues',
      code: 'ConflictingConcurrentWriteNotAllowed',
    }),
  ],
};
