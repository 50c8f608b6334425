/**
 * Other clients cause drifts while replicas are killed every few seconds: each gives one alert, which closes once it is put right.
 * One drift for each five of `CMK_CRASH_REQUESTS` (200 unless set), 12 at least; who is killed is chosen by `CMK_CRASH_SEED`, which is printed.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentIn, keyIn, newestIn, vaultIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf, grantOnKey, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { crashSeed } from '../support/lives/chosen-cases.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { azureState } from '../support/world/path.ts';
import {
  activityText,
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  shows,
  until,
} from '../support/world/story.ts';
import { driftsIn, readRecord, startWorld, type World } from '../support/world/world.ts';
import { type KilledReplicas, startReplicas } from './killed-replicas.ts';

const lanes = 4;
/** Three at least, or all is over before a replica is killed. */
const rounds = Math.max(3, Math.ceil(Number(process.env.CMK_CRASH_REQUESTS ?? 200) / 5 / lanes));
const { vault: vaultName } = choices.first;
const vault = vaultId(vaultName);
const agentOf = (lane: number): string => `watched-${lane}`;
const keyOf = (lane: number): string => `cmk-watched-${lane}`;

/** What another client does to a lane's agent or key, what the alert says of it, and how it is put right. */
interface Trouble {
  readonly alert: string;
  cause(lane: number): Promise<unknown>;
  putRight(lane: number): Promise<unknown>;
}

describe('drifts under three replicas, one killed every few seconds', () => {
  let world: World;
  let others: Clients;
  let replicas: KilledReplicas;
  let vaultUrl: string;

  const agentState = async (lane: number) => agentIn(await azureState(world), agentOf(lane)).content;
  const approvedKeys = new Map<number, object>();
  const enableVersion = async (lane: number, enabled: boolean) => {
    const { version } = newestIn(await azureState(world), vaultName, keyOf(lane));
    return others.keys(vaultUrl).updateKeyProperties(keyOf(lane), version, { enabled });
  };
  const principalOf = async (lane: number) => (await agentState(lane)).identity?.principalId ?? '';

  const troubles: readonly Trouble[] = [
    {
      alert: 'The customer-managed key was removed',
      cause: (lane) => writeAgent(others, agentId(agentOf(lane)), { properties: { keyVaultProperties: null } }),
      putRight: (lane) =>
        writeAgent(others, agentId(agentOf(lane)), { properties: { keyVaultProperties: approvedKeys.get(lane) } }),
    },
    {
      alert: 'is disabled',
      cause: (lane) => enableVersion(lane, false),
      putRight: (lane) => enableVersion(lane, true),
    },
    {
      alert: 'was deleted',
      cause: async (lane) =>
        (await others.keys(vaultUrl).beginDeleteKey(keyOf(lane), { intervalInMs: 50 })).pollUntilDone(),
      putRight: async (lane) =>
        (await others.keys(vaultUrl).beginRecoverDeletedKey(keyOf(lane), { intervalInMs: 50 })).pollUntilDone(),
    },
    {
      alert: 'lost access to key',
      async cause(lane) {
        const { roleAssignments } = others.authorization();
        const filter = `principalId eq '${await principalOf(lane)}'`;
        for await (const one of roleAssignments.listForScope(`${vault}/keys/${keyOf(lane)}`, { filter }))
          await roleAssignments.deleteById(one.id ?? '');
      },
      putRight: async (lane) => grantOnKey(others, randomUUID(), vault, keyOf(lane), await principalOf(lane)),
    },
  ];

  async function enable(lane: number): Promise<void> {
    const id = await ask(world, { agent: agentOf(lane), vault: vaultName, key: keyOf(lane) });
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    approvedKeys.set(lane, (await agentState(lane)).keyVaultProperties ?? {});
  }

  beforeAll(async () => {
    const url = await newDatabase();
    world = await startWorld({
      env: { DATABASE_URL: url, CMK_WATCH_INTERVAL: '1s', CMK_OPERATORS: people.approver },
    });
    others = clientsOf(world.azure, owner);
    await changeState(world.azure, (state) => {
      const [agent, key] = [agentIn(state, choices.first.agent), keyIn(state, vaultName, choices.first.key)];
      for (let lane = 0; lane < lanes; lane += 1) {
        state.agents.push({ ...structuredClone(agent), name: agentOf(lane), etag: `"${lane}"` });
        vaultIn(state, vaultName).keys.push({ ...structuredClone(key), name: keyOf(lane) });
      }
    });
    for (let lane = 0; lane < lanes; lane += 1) await enable(lane);
    vaultUrl = (await agentState(0)).keyVaultProperties?.keyVaultUri ?? '';
    replicas = await startReplicas(world);
  }, 400_000);
  afterAll(async () => {
    await replicas?.close();
    await world?.end();
  });

  const alertsOf = async (lane: number): Promise<readonly SeenActivity[]> =>
    (await world.teams.activities(places.operations, people.requester)).filter((one) => {
      const text = activityText(one);
      return cardOf(one) !== undefined && text.includes(agentOf(lane)) && /DRIFT-[0-9A-Z]{10}/.test(text);
    });

  async function driftIn(lane: number, { alert, cause, putRight }: Trouble, count: number): Promise<void> {
    const newestSays = (words: string) => async () => {
      const text = activityText((await alertsOf(lane)).at(-1) ?? ({} as SeenActivity));
      return (await alertsOf(lane)).length >= count && text.includes(words);
    };
    await cause(lane);
    await until(newestSays(alert), `an alert of ${agentOf(lane)} says: ${alert}`, 120_000);
    await putRight(lane);
    await until(newestSays('As approved again'), `the alert of ${agentOf(lane)} is closed`, 120_000);
  }

  test(`${lanes * rounds} drifts are noticed and closed`, async () => {
    // Before anything can hang.
    process.stdout.write(`drifts: ${lanes * rounds} CMK_CRASH_SEED=${crashSeed}\n`);
    const began = Date.now();
    const inLane = async (lane: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const trouble = troubles[(lane + round) % troubles.length];
        if (trouble !== undefined) await driftIn(lane, trouble, round + 1);
      }
    };
    const kills = await replicas.killDuring(async () => {
      await Promise.all(Array.from({ length: lanes }, (_, lane) => inLane(lane)));
    });
    const seconds = Math.round((Date.now() - began) / 1_000);
    process.stdout.write(`drifts: ${lanes * rounds} in ${seconds} s, ${kills} kills\n`);
    expect(kills).toBeGreaterThan(0);
  }, 3_600_000);

  test('each gave one alert, which is closed, and one event each when it began and ended', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    let [lost, doubled, open] = [0, 0, 0];
    for (let lane = 0; lane < lanes; lane += 1) {
      const alerts = await alertsOf(lane);
      lost += Math.max(0, rounds - alerts.length);
      doubled += Math.max(0, alerts.length - rounds);
      open += alerts.filter((one) => !activityText(one).includes('As approved again')).length;
      const stream = /DRIFT-[0-9A-Z]{10}/.exec(activityText(alerts[0] ?? ({} as SeenActivity)))?.[0] ?? '';
      expect(driftsIn(record.events(stream))).toEqual({ begun: rounds, ended: rounds });
    }
    process.stdout.write(`drifts: ${lost} alerts lost, ${doubled} doubled, ${open} not closed\n`);
    expect({ lost, doubled, open }).toEqual({ lost: 0, doubled: 0, open: 0 });
  });
});
