import { describe, expect, test } from '@jest/globals';
import { usageCheckSettings } from '../../sandbox/bot-environment.ts';
import { agentIn, keyIn } from '../support/azure/azure-state.ts';
import { http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { owner } from '../support/azure/local-azure-names.ts';
import { effectsSince } from '../support/lives/killed-lives.ts';
import { azureState } from '../support/world/path.ts';
import {
  approvalCard,
  approve,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  submit,
  type,
  untilFaultsAreMet,
  untilMended,
} from '../support/world/story.ts';
import { expectDoneOnce, killInWrite, worldForKilling } from './killed-in-a-write.ts';

/** The bot is killed while a version is retired. A role of the vault disables it, and the bot sees that and stores it once. */

const agent = 'virtual-visit-agent';
const [vaultName, keyName] = ['kv-hospital-keys', 'cmk-virtual-visit'];

describe('killed in the retirement of a version', () => {
  const killing = worldForKilling('SIGKILL of the bot in a retirement, and what came of it', {
    env: usageCheckSettings,
  });
  let old: string;
  let vaultUrl: string;

  /** An approved request moves the agent to the newest version, which it then has used for more than a day. */
  async function rotate(): Promise<void> {
    const { world, ended } = killing;
    const key = agentIn(await azureState(world), agent).content.keyVaultProperties;
    if (key === null) throw new Error('the agent is under no key');
    [old, vaultUrl] = [key.keyVersion ?? '', key.keyVaultUri];
    const rotation = await submit(
      world,
      await type(world, people.requester, `/rotate-cmk resource=${agent} version=newest`),
    );
    await approve(world, people.approver, await approvalCard(world, rotation));
    await shows(world, places.operations, people.requester, rotation, /Succeeded/, 40_000);
    ended.push(rotation);
    // Each call of an agent is then dated a day ago.
    await http(world.azure, 'POST', '/simulator/scenarios', { body: { names: ['agents-used-keys-a-day-ago'] } });
  }

  const disable = () =>
    clientsOf(killing.world.azure, owner).keys(vaultUrl).updateKeyProperties(keyName, old, { enabled: false });
  const reads = () => ({ method: 'GET', url: `keys/${keyName}/versions/${old}` });
  const waits = (id: string) =>
    shows(killing.world, places.operations, people.requester, id, /must disable version/, 40_000);

  test.each<[string, (id: string) => Promise<void>]>([
    [
      'before the run',
      async (id) => {
        await killInWrite(killing.world, await approvalCard(killing.world, id), { match: reads(), spoil: {} });
        await mendAzure(killing.world);
        await killing.world.startBot();
        await waits(id);
        await disable();
      },
    ],
    [
      'while it waits, and the role acts without it',
      async (id) => {
        await approve(killing.world, people.approver, await approvalCard(killing.world, id));
        await waits(id);
        await killing.world.endBot('SIGKILL');
        await disable();
        await killing.world.startBot();
      },
    ],
    [
      'while it reads what the role did',
      async (id) => {
        await approve(killing.world, people.approver, await approvalCard(killing.world, id));
        await waits(id);
        await disable();
        await faultAzure(killing.world, { match: reads(), ...untilMended });
        await untilFaultsAreMet(killing.world);
        await killing.world.endBot('SIGKILL');
        await mendAzure(killing.world);
        await killing.world.startBot();
      },
    ],
  ])('%s: it succeeds, and the bot wrote nothing', async (when, live) => {
    const { world, rows, ended } = killing;
    await rotate();
    const id = await submit(
      world,
      await type(world, people.requester, `/retire-version resource=${agent} version=${old}`),
    );
    const from = (await world.azureRequests()).length;
    await live(id);
    await shows(world, places.operations, people.requester, id, /Succeeded/, 60_000);
    const effects = (await effectsSince(world, from)).filter((effect) => !effect.includes(` ${keyName}/`));
    rows.push(['disable-key-version', when, 'succeeded', effects.join(', ')]);
    expect(effects).toEqual([]);
    const { versions } = keyIn(await azureState(world), vaultName, keyName);
    expect(versions.filter(({ enabled }) => !enabled).map(({ version }) => version)).toEqual([old]);
    ended.push(id);
  });

  test('the record verifies; every step of every request is done once', async () => {
    const done = await expectDoneOnce(killing);
    expect(done.filter((steps) => steps.includes('step-done disable-key-version'))).toHaveLength(done.length / 2);
  });
});
