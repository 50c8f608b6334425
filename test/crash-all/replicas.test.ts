/**
 * Three replicas, many requests at once, and every few seconds one of the three is killed and a new one started. So many
 * requests as `CMK_CRASH_REQUESTS` says, 200 unless set; who is killed is chosen by `CMK_CRASH_SEED`, which is printed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { crashSeed } from '../support/lives/chosen-cases.ts';
import { again } from '../support/lives/troubled-world.ts';
import { newDatabase } from '../support/store/run-server.ts';
import {
  activityText,
  answered,
  approvalCard,
  cardsAbout,
  people,
  places,
  submitAgain,
  typeForm,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';
import { type KilledReplicas, startReplicas } from './killed-replicas.ts';

const count = Number(process.env.CMK_CRASH_REQUESTS ?? 200);
/** So many people ask, approve and look on at a time. */
const atOnce = 6;

describe('three replicas, of which one is killed every few seconds', () => {
  let world: World;
  let replicas: KilledReplicas;
  /** What each approving click was answered with, for whoever finds a request that did not go on. */
  const told = new Map<string, readonly string[]>();

  beforeAll(async () => {
    world = await startWorld({
      env: { DATABASE_URL: await newDatabase() },
    });
    await changeState(world.azure, (state) => {
      const pattern = agentIn(state, 'triage-agent-test');
      for (let n = 1; n <= count; n += 1)
        state.agents.push({ ...structuredClone(pattern), name: `agent-${n}`, etag: `"${n}"` });
    });
    replicas = await startReplicas(world);
  });
  afterAll(async () => {
    await replicas?.close();
    await world?.end();
  });

  /** From typing to an approval that was answered. */
  async function live(agent: string): Promise<string> {
    const form = await again(() =>
      typeForm(world, `/enable-cmk resource=${agent} vault=kv-care-prod key=cmk-triage-agent`),
    );
    const inputs = { justification: `For ${agent}`, acknowledgeDataLoss: 'true' };
    let tries = 0;
    const id = await again(() => {
      tries += 1;
      return submitAgain(world, form, inputs, `submit ${agent} ${tries}`);
    });
    const card = await again(() => approvalCard(world, id));
    let clicks = 0;
    await again(async () => {
      clicks += 1;
      const more = { inputs: { acknowledgeIrreversible: 'true' }, invokeId: `approve ${agent} ${clicks}` };
      const words = answered(await world.teams.click(people.approver, card.id, 'request.approve', more));
      told.set(id, [...(told.get(id) ?? []), words]);
      // Whoever is told why it could not be done, and to click again, does.
      if (!words.startsWith('[card]')) throw new Error(`approving ${id} was answered with: ${words}`);
    });
    return id;
  }

  const ids = new Map<string, string>();

  test(`${count} requests are asked, approved and carried out`, async () => {
    const began = Date.now();
    // Before anything can hang.
    process.stdout.write(`replicas: CMK_CRASH_REQUESTS=${count} CMK_CRASH_SEED=${crashSeed}\n`);
    const waiting = Array.from({ length: count }, (_, index) => `agent-${index + 1}`);
    const person = async (): Promise<void> => {
      for (let agent = waiting.shift(); agent !== undefined; agent = waiting.shift()) ids.set(agent, await live(agent));
    };
    /** Those that have not succeeded, with what was recorded of each last. */
    const waitingStill = async (): Promise<readonly string[]> => {
      const record = await readRecord(world);
      return [...ids.values()].flatMap((id) => {
        const last = record.events(id).at(-1);
        return last === 'succeeded'
          ? []
          : [`${id}: ${last}, approving it was answered with ${told.get(id)?.join(' | ')}`];
      });
    };
    const kills = await replicas.killDuring(async () => {
      await Promise.all(Array.from({ length: atOnce }, person));
      let quietSince = Date.now();
      for (let last = await waitingStill(); last.length > 0; await pause(1_000)) {
        const now = await waitingStill();
        if (now.join() !== last.join()) quietSince = Date.now();
        last = now;
        if (Date.now() - quietSince > 120_000) throw new Error(`nothing goes on: ${now.join(', ')}`);
      }
    });
    const adopted = world.printed().split('a run that lost its replica is taken over').length - 1;
    process.stdout.write(
      `replicas: ${count} requests in ${Math.round((Date.now() - began) / 1_000)} s, ${kills} kills, ${adopted} runs adopted\n`,
    );
    expect(kills).toBeGreaterThan(0);
  }, 3_600_000);

  test('each change of Azure happened once', async () => {
    const effects = (await writes(world)).filter((write) => / 20[01]$/.test(write));
    const ofAgents = effects.filter((write) => /healthBots\/agent-\d+ /.test(write));
    const times = new Map<string, number>();
    for (const write of ofAgents) times.set(write, (times.get(write) ?? 0) + 1);
    // Its identity, and its key.
    expect([...times].filter(([, many]) => many !== 2)).toEqual([]);
    expect(times.size).toBe(count);
    expect(effects.filter((write) => write.includes('roleAssignments'))).toHaveLength(count);
    // All of them lie in one vault: requests that look at once find it unprotected, and each protects it, which is the same thing.
    const protecting = effects.filter((write) => write.startsWith('PATCH vaults/kv-care-prod')).length;
    expect(protecting).toBeGreaterThan(0);
    expect(protecting).toBeLessThanOrEqual(count);
  });

  test('every card says how it ended, and at most one more than usual of each stands there', async () => {
    let extra = 0;
    for (const id of ids.values()) {
      for (const place of [places.operations, places.approvals]) {
        const cards = await again(async () => {
          // A copy that the bot doesn't know of is updated once a person looks at it who has a view of their own.
          await cardsAbout(world, place, people.requester, id);
          const all = await cardsAbout(world, place, people.approver, id);
          const old = all.find((card) => !/Succeeded/.test(activityText(card)));
          if (old !== undefined) throw new Error(`a card of ${id} in ${place} is old: ${old.id} ${activityText(old)}`);
          return all;
        });
        expect([1, 2]).toContain(cards.length);
        extra += cards.length - 1;
      }
    }
    process.stdout.write(`replicas: ${extra} extra cards\n`);
  }, 600_000);

  test('the record verifies; every step was done once', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    for (const id of ids.values()) {
      const done = record.events(id).filter((event) => event.startsWith('step-done'));
      expect(new Set(done.map((event) => event.split('/')[0])).size).toBe(done.length);
    }
  });
});
