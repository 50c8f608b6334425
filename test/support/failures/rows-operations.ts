/** How the write of a key ends. */
import { agentBody } from '../../../sandbox/azure/agents.ts';
import { agentIn, onAgent, putUnder } from '../azure/azure-state.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { asks, type FailureGroup, goesOn, run, runUnder } from './failure-row.ts';
import { allOff, changing } from './mends.ts';
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
    runUnder(
      'grant-takes-10-minutes',
      goesOn('set-cmk', 'KeyVaultAccessForbidden', { from: 'grant-key-access', timePasses: true }),
    ),
    runUnder('operation-fails-agent-failed', goesOn('set-cmk', 'KeyVaultAccessForbidden')),
    runUnder('operation-fails-key-kept', goesOn('set-cmk', 'KeyVaultAccessForbidden')),
    runUnder(
      'operation-never-ends',
      asks('set-cmk', 'resource-busy', {
        what: 'The operation that sets the key doesn’t end.',
        choices: { limits: { operationMs: 300 } },
        mend: allOff,
      }),
    ),
    runUnder(
      'operation-canceled',
      asks('set-cmk', 'OperationCanceled', async () => undefined),
    ),
    runUnder('agent-stays-accepted', asks('set-cmk', 'resource-busy', changing(settled))),
    runUnder('accepted-then-lost', goesOn('set-cmk', 'OperationNotFound')),
    run(
      'Azure accepts the change, names no operation, and shows the key a little later.',
      shownLater,
      goesOn('set-cmk'),
    ),
    run(
      'Azure accepts the change, names no operation, and doesn’t make it.',
      (azure) => azure.fault(accepted),
      goesOn('set-cmk', 'key-not-shown'),
    ),
    runUnder(
      '200-without-the-property',
      asks('set-cmk', 'key-not-shown', {
        what: 'Azure accepts the change, but the agent keeps its key.',
        mend: allOff,
      }),
    ),
    runUnder('another-change-under-way', goesOn('set-cmk', 'ConflictingConcurrentWriteNotAllowed')),
  ],
};
