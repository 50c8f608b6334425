import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { RequestRecord } from '../../sandbox/azure/request-log.ts';
import { localBotPrincipal } from '../../sandbox/bot-environment.ts';
import { packFile } from '../../src/audit/evidence/pack-files.ts';
import { type EvidenceWorld, readPack, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import type { AzureState } from '../support/azure/azure-state.ts';
import { chosenCases } from '../support/lives/chosen-cases.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { cardText } from '../support/teams/local-teams.ts';
import { azureState } from '../support/world/path.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  type Fault,
  faultAzure,
  mendAzure,
  mendOne,
  people,
  places,
  rememberAzure,
  requestIdIn,
  shows,
  submit,
  type,
  until,
  untilAzureAnswered,
  untilFaultsAreMet,
  untilMended,
} from '../support/world/story.ts';
import { queryStore, type Replica, readRecord, type World } from '../support/world/world.ts';

/**
 * The bot is killed at each point of each change in Azure, and continues in the next process or in a second replica. Then what log,
 * card, pack and verify.py say of every change is held against what Azure was asked.
 */

interface Write {
  readonly step: string;
  readonly match: Fault['match'] & { readonly method: string; readonly url: string };
  /** Of the writes that match. Default: the first. */
  readonly nth?: 2;
  /** What the step reads to see its change. */
  readonly reads: string;
}

interface Story {
  readonly ask: (world: World) => Promise<string>;
  readonly writes: readonly Write[];
}

const rotated = 'virtual-visit-agent';
const agentWrites = (agent: string): readonly Write[] => [
  { step: 'enable-identity', match: { method: 'PATCH', url: `healthBots/${agent}` }, reads: `healthBots/${agent}` },
  {
    step: 'set-cmk',
    nth: 2,
    reads: `healthBots/${agent}`,
    match: { method: 'PATCH', url: `healthBots/${agent}` },
  },
];
const enabling: Story = {
  ask: (world) => ask(world, choices.first),
  writes: [
    ...agentWrites('triage-agent-prod'),
    { step: 'grant-key-access', match: { method: 'PUT', url: 'roleAssignments' }, reads: 'roleAssignments' },
    { step: 'protect-vault', match: { method: 'PATCH', url: 'vaults/kv-care-prod' }, reads: 'vaults/kv-care-prod' },
  ],
};
let isEnabled = false;
/** What was enabled is gone: Azure is put back after each case. */
const repairing: Story = {
  async ask(world) {
    if (!isEnabled) {
      const id = await ask(world, choices.first);
      await approve(world, people.approver, await approvalCard(world, id));
      await shows(world, places.operations, people.approver, id, /Succeeded/);
      await putBack();
      isEnabled = true;
    }
    return submit(world, await type(world, people.requester, '/repair-cmk resource=triage-agent-prod'));
  },
  writes: enabling.writes,
};
/** A key that is made in a vault with access policies. */
const withNewKey: Story = {
  async ask(world) {
    const { agent, vault } = choices.policies;
    const form = await type(world, people.requester, `/enable-cmk resource=${agent} vault=${vault}`);
    const inputs = { newKeyName: 'cmk-visitor-agent', keyType: 'RSA', keySize: '3072' };
    await world.teams.click(people.requester, form.id, 'form.new-key');
    await world.teams.click(people.requester, form.id, 'form.next', { inputs });
    return requestIdIn(await submit(world, form));
  },
  writes: [
    { step: 'make-key-version', match: { method: 'PUT', url: 'keys/cmk-visitor-agent' }, reads: 'keys/cmk-visitor' },
    { step: 'grant-key-access', match: { method: 'PUT', url: 'accessPolicies/add' }, reads: 'vaults/kv-policy-keys' },
    ...agentWrites('visitor-agent'),
  ],
};
/** To a version that the run makes. */
const newVersion: Story = {
  ask: async (world) =>
    submit(world, await type(world, people.requester, `/rotate-cmk resource=${rotated} version=new`)),
  writes: [
    {
      step: 'make-key-version',
      reads: 'keys/cmk-virtual-visit',
      match: { method: 'POST', url: 'keys/cmk-virtual-visit/create' },
    },
    { step: 'set-cmk', match: { method: 'PATCH', url: `healthBots/${rotated}` }, reads: `healthBots/${rotated}` },
  ],
};

const polls = { method: 'GET', url: '/operationStatuses/' };
const passing = (match: Fault['match']): Fault => ({ match, times: 1, delayMs: 0 });
const hold = (match: Fault['match']): Fault => ({ id: 'hold', match, operation: { takesMs: 'for-ever' } });

/** What the points of an operation and of a write that is answered at once have in common. */
const pointsOfAll = ['intent stored', 'request lost', 'request sent', 'result stored'] as const;
/** Azure’s operation lasts on, and the next process finds it under way. */
const heldPoints = [
  '202 received',
  'first poll',
  'operation outlasts all attempts',
  'stopped',
  'given up waiting',
] as const;
const pointsOfOperation = ['operation done', ...heldPoints] as const;
type Point = (typeof pointsOfAll)[number] | (typeof pointsOfOperation)[number] | 'answer received' | 'request late';

const pointsOf = ({ match }: Write): readonly Point[] => [
  ...pointsOfAll,
  ...(match.url.startsWith('healthBots') ? pointsOfOperation : (['answer received'] as const)),
  // A create that comes late makes another version: Azure has no condition against that.
  ...(match.method === 'POST' ? [] : (['request late'] as const)),
];
const cases = chosenCases(
  Object.entries({ enabling, repairing, withNewKey, newVersion }).flatMap(([name, story]) =>
    story.writes.flatMap((write) =>
      pointsOf(write).flatMap((point) =>
        (['the next process', 'a second replica'] as const).map((by) => ({
          name,
          story,
          write,
          point,
          by,
          step: write.step,
          at: write.match.url,
        })),
      ),
    ),
  ),
);

const Body = z.looseObject({
  type: z.string(),
  clientRequestId: z.string().nullish(),
  data: z.looseObject({
    step: z.string().nullish(),
    already: z.boolean().optional(),
    interrupted: z.boolean().optional(),
  }),
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-kill-'));
const file = path.join(folder, 'kill');
const plan = (text: string): void => writeFileSync(file, text);
const hook = pathToFileURL(fileURLToPath(new URL('../support/processes/kill-at-commit.js', import.meta.url))).href;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let evidence: EvidenceWorld;
let world: World;
let putBack: () => Promise<void>;
let replica: Replica | null = null;
beforeAll(async () => {
  plan('off');
  evidence = await startEvidenceWorld({ env: { CMK_TEST_KILL: file, NODE_OPTIONS: `--import=${hook}` } });
  world = evidence.world;
  putBack = await rememberAzure(world);
});
afterEach(async () => {
  plan('off');
  await mendAzure(world);
  await replica?.end('SIGKILL');
  if (replica !== null) await world.restartBot('SIGKILL');
  replica = null;
  await putBack();
});
afterAll(async () => {
  await evidence?.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Approves, and resolves when the bot is dead at the point. */
async function killAt(point: Point, { step, match, nth, reads }: Write, start: () => Promise<unknown>): Promise<void> {
  const before = nth === 2 ? [passing(match)] : [];
  const reading = { match: { method: 'GET', url: reads }, ...untilMended };
  const faulted = async (...faults: readonly Fault[]): Promise<void> => {
    await faultAzure(world, ...before, ...faults);
    await start();
  };
  if (point === 'intent stored' || point === 'result stored') {
    plan(`stored ${point === 'intent stored' ? 'step-intended' : 'step-done'} ${step}`);
    await start();
    await world.untilBotEnds();
    plan('off');
    return;
  }
  if (point === 'request lost') await faulted({ match, ...untilMended, respond: { status: 503 }, drop: true });
  else if (point === 'request sent') await faulted({ match, ...untilMended });
  else if (point === 'request late') await faulted({ match, ...untilMended, late: true });
  else if (point === '202 received') await faulted(hold(withKey(match, nth)), { match: polls, ...untilMended });
  else if (point === 'answer received' || point === 'operation done') {
    // Time enough to hold up the reading that follows.
    await faulted({ match, times: 1, delayMs: 2_000 });
    await untilFaultsAreMet(world);
    await faultAzure(world, reading);
  } else await faulted(hold(withKey(match, nth)), passing(polls), { match: polls, ...untilMended });
  await untilFaultsAreMet(world);
  await world.endBot('SIGKILL');
}
/** The operation of the write, and of no earlier one on the same agent. */
const withKey = (match: Fault['match'], nth?: number): Fault['match'] =>
  nth === 2 ? { ...match, carries: 'properties.keyVaultProperties' } : match;

/** The writes of the bot that took effect, for one of the story's changes. */
const effective = (requests: readonly RequestRecord[], { match, nth }: Write): readonly RequestRecord[] => {
  const setsKey = ({ body }: RequestRecord) => JSON.stringify(body ?? '').includes('keyVaultProperties');
  return requests.filter(
    (one) =>
      one.principalId === localBotPrincipal.id &&
      one.method === match.method &&
      new RegExp(match.url).test(one.url) &&
      (one.status ?? 0) >= 200 &&
      (one.status ?? 0) < 300 &&
      (!match.url.startsWith('healthBots') || match.url.includes(rotated) || setsKey(one) === (nth === 2)),
  );
};

const linesOf = async (id: string): Promise<readonly string[]> =>
  (await queryStore(world, `select body from cmk.event where request_id = '${id}' order by seq`)).map(({ body }) =>
    String(body),
  );
const eventsOf = async (id: string) => (await linesOf(id)).map((line) => Body.parse(JSON.parse(line)));

/** Holds what is said of the request's changes against what Azure was asked since then. */
async function judge(id: string, { writes }: Story, from: number): Promise<void> {
  const requests = (await world.azureRequests()).slice(from);
  const lines = await linesOf(id);
  const events = await eventsOf(id);
  for (const write of writes) {
    const made = effective(requests, write);
    const of = events.filter(({ data }) => data.step === write.step);
    const [done, ...more] = of.filter((one) => one.type === 'step-done');
    const said = {
      step: write.step,
      by: done?.clientRequestId,
      changed: !done?.data.already || done.data.interrupted === true,
    };
    expect(said).toEqual({ step: write.step, by: made[0]?.clientRequestId, changed: true });
    // A later run finds it done.
    expect(more.filter(({ data }) => !data.already || data.interrupted)).toEqual([]);
    expect(made).toHaveLength(1);
    // An attempt whose write took effect isn't said to have failed for good.
    const denied = of.filter(
      (one) => one.type === 'step-failed' && !one.data.interrupted && one.clientRequestId === made[0]?.clientRequestId,
    );
    expect(denied).toEqual([]);
  }
  const done = events.filter((one) => one.type === 'step-done');
  const first = done.filter((one) => done.find(({ data }) => data.step === one.data.step) === one);
  const isAlready = ({ data }: (typeof done)[number]) => data.already && data.interrupted !== true;
  const confirmed = first.filter(({ data }) => data.interrupted === true).length;
  const count = (text: string, words: RegExp) => [...text.matchAll(words)].length;
  const card = cardText(await shows(world, places.operations, people.requester, id, /Succeeded/), { folded: true });
  expect([count(card, /Sent earlier, confirmed by reading/g), count(card, /already so/g)]).toEqual([
    confirmed,
    first.filter(isAlready).length,
  ]);
  const pack = await evidence.take(id, `${id}.zip`);
  const files = await readPack(pack);
  const report = files.get('report.html')?.toString('utf8') ?? '';
  const inPack = (files.get(packFile.events)?.toString('utf8') ?? '').split('\n');
  expect(lines.filter((line) => !inPack.includes(line))).toEqual([]);
  expect([
    /sent earlier, confirmed by reading/.test(report),
    /no change was needed|already in this state/.test(report),
  ]).toEqual([confirmed > 0, done.some(isAlready)]);
  const [code, words] = verifyInPython(pack, '--keys', evidence.keyFile);
  expect([code, words]).toEqual([0, expect.stringMatching(/^proved: [\s\S]* was put under /)]);
}

const operator = async (verb: 'stop' | 'retry', id: string): Promise<void> =>
  expect(await cmkBot(['requests', verb, id, '--as', 'Operator'], world.settings)).toMatchObject({ code: 0 });

/** The run has ended, and the request hasn't. `isStopped`: after the operation; otherwise the bot has waited long enough for it. */
async function judgeUnfinished(id: string, write: Write, from: number, isStopped: boolean): Promise<void> {
  const card = cardText(await shows(world, places.operations, people.requester, id, /Needs attention/), {
    folded: true,
  });
  const made = effective((await world.azureRequests()).slice(from), write).map(
    ({ clientRequestId }) => clientRequestId,
  );
  const results = (await eventsOf(id)).filter(
    ({ type, data }) => data.step === write.step && /^step-(done|failed)/.test(type),
  );
  expect(made).toHaveLength(1);
  expect(
    results.map(({ type, clientRequestId, data: { interrupted } }) => [type, clientRequestId, interrupted]),
  ).toEqual([
    isStopped ? ['step-done', made[0], true] : ['step-failed', expect.not.stringMatching(made[0] ?? ''), true],
  ]);
  const set = isStopped
    ? ['This request changed the resource’s key', 'was put under']
    : ['It isn’t known whether', 'might be under'];
  const [onCard, proved] =
    write.step === 'set-cmk' ? set : ['This request didn’t change', 'is not yet under the requested key'];
  expect(card).toContain(onCard);
  const [code, words] = verifyInPython(await evidence.take(id, `${id}-open.zip`), '--keys', evidence.keyFile);
  expect([code, words]).toEqual([0, expect.stringContaining(proved ?? '')]);
}

/** What Azure holds of what the bot may change. */
const withoutTimes = ({ agents, vaults, roleAssignments }: AzureState) => ({
  agents: agents.map(({ name, content }) => ({ name, content })),
  grants: roleAssignments.map(({ name }) => name),
  vaults: vaults.map(({ name, enablePurgeProtection, accessPolicies, keys }) => ({
    name,
    enablePurgeProtection,
    access: accessPolicies.map(({ objectId, permissions }) => ({ objectId, permissions })),
    keys: keys.map((one) => [one.name, one.versions.map(({ version }) => version)]),
  })),
});

describe('killed at each point of a change in Azure', () => {
  test.each(cases)(
    '$name, $step of $at: $point, continued by $by',
    async ({ story, write, point, by }) => {
      const id = await story.ask(world);
      const card = await approvalCard(world, id);
      const from = (await world.azureRequests()).length;
      await killAt(point, write, () => approve(world, people.approver, card));
      if (point === 'request sent') {
        await mendAzure(world);
        await untilAzureAnswered(world, write.match, write.nth ?? 1, from);
      }
      const isLate = point === 'request late';
      const isHeld = heldPoints.some((one) => one === point);
      if (!isHeld && !isLate) await mendAzure(world);
      const killed = (await world.azureRequests()).length;
      if (point === 'stopped') await operator('stop', id);
      const env = point === 'given up waiting' ? { CMK_GRANT_WAIT: '2s' } : {};
      if (by === 'a second replica') replica = await world.startReplica('two', env);
      else await world.startBot(env);
      if (isHeld) {
        const reads = async () =>
          (await world.azureRequests()).slice(killed).some(({ url }) => url.includes(write.reads));
        await until(reads, 'the next process to read');
        // Longer than all attempts of a step together at this pace.
        if (point === 'operation outlasts all attempts') await pause(8_000);
        if (point === 'given up waiting') await judgeUnfinished(id, write, from, false);
        await mendOne(world, 'hold');
      }
      if (point === 'stopped') await judgeUnfinished(id, write, from, true);
      if (point === 'stopped' || point === 'given up waiting') await operator('retry', id);
      for (const place of [places.operations, places.approvals])
        await shows(world, place, people.approver, id, /Succeeded/, 90_000);
      await judge(id, story, from);
      if (!isLate) return;
      const state = await azureState(world);
      const made = (await world.azureRequests()).length;
      await mendAzure(world);
      await untilAzureAnswered(world, write.match, 1, made);
      // Refused, or the same as what is there.
      expect([200, 201, 412]).toContain((await world.azureRequests()).slice(made).at(0)?.status);
      expect(withoutTimes(await azureState(world))).toEqual(withoutTimes(state));
    },
    240_000,
  );

  test('the audit log verifies, and nothing unexpected is in the application log', async () => {
    expect((await readRecord(world)).findings).toEqual([]);
    expect(world.printed()).not.toMatch(/unhandled|audit before|local-bot/i);
  });
});
