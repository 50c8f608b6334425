import { z } from 'zod';
import { type Change, keyIn, putUnder } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { azureState, linesOf } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  approvalCard,
  approve,
  people,
  places,
  shows,
  submit,
  type,
  writes,
} from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';

const Submitted = z.looseObject({ plan: z.looseObject({ schema: z.number(), spec: z.looseObject({}) }) });

/** The seeded agent under a customer's key: the older of two versions of it is in use. */
const agent = 'virtual-visit-agent';
const vault = 'kv-hospital-keys';
const key = 'cmk-virtual-visit';
const command = `/rotate-cmk resource=${agent}`;

const world = scenario({ restoresAzure: true });

const version = (index: number) => async (): Promise<string> =>
  keyIn(await azureState(world), vault, key).versions[index]?.version ?? '';
const inUse = version(0);
const newest = version(1);

const keyOf = async () => {
  const { agents } = await azureState(world);
  return agents.find(({ name }) => name === agent)?.content.keyVaultProperties ?? null;
};
const versionsOf = async () =>
  keyIn(await azureState(world), vault, key).versions.map((one) => ({
    version: one.version,
    enabled: one.enabled,
    madeFor: one.tags?.['cmk-bot-request'] ?? null,
  }));

/** Versions of a key that were asked for in a vault, with what it answered. */
const made = async (from = 0): Promise<readonly string[]> =>
  (await world.azureRequests())
    .slice(from)
    .filter(({ method, url }) => method === 'POST' && /\/keys\/[^/]+\/create/.test(url))
    .map(({ url, status }) => `${new URL(url, world.azure.url).pathname} ${status}`)
    // The first call is answered with whom to ask for a token.
    .filter((line) => !line.endsWith(' 401'));

const wordsOf = (card: SeenActivity): string => linesOf(card).join('\n');

interface Asked {
  readonly id: string;
  readonly from: number;
  readonly card: SeenActivity;
}

/** Types the rotation, submits it, and has the approval card. */
async function asks(typed: string): Promise<Asked> {
  const review = await type(world, people.requester, typed);
  const from = (await world.azureRequests()).length;
  const id = await submit(world, review, 'The version ends before Christmas');
  if (id === '') throw new Error(`no request was made:\n${wordsOf(review)}`);
  return { id, from, card: await approvalCard(world, id) };
}

async function approved(asked: Asked, words = /Succeeded/): Promise<SeenActivity> {
  const answer = answered(await approve(world, people.approver, asked.card));
  if (!answer.includes('[card]')) throw new Error(answer);
  return shows(world, places.operations, people.requester, asked.id, words);
}

test('to the newest version, and back to one that is named: the old version stays enabled', async () => {
  const [old, next] = [await inUse(), await newest()];
  const asked = await asks(`${command} version=newest`);
  expect(wordsOf(await approved(asked))).toContain('Verification level: key tested');
  expect(await writes(world, asked.from)).toEqual([`PATCH healthBots/${agent} 201`]);
  expect(await made(asked.from)).toEqual([]);
  expect(await keyOf()).toMatchObject({ keyName: key, keyVersion: next });
  expect(await versionsOf()).toEqual([
    { version: old, enabled: true, madeFor: null },
    { version: next, enabled: true, madeFor: null },
  ]);
  expect(wordsOf(await type(world, people.requester, `${command} version=newest`))).toContain('is in use already');
  await approved(await asks(`${command} version=${old}`));
  expect(await keyOf()).toMatchObject({ keyVersion: old });
});

test('to a new version: it is made in the vault, once, with what the old one had', async () => {
  const before = keyIn(await azureState(world), vault, key).versions[0];
  const asked = await asks(`${command} version=new`);
  await approved(asked);
  expect(await made(asked.from)).toEqual([`/keys/${key}/create 200`]);
  expect(await writes(world, asked.from)).toEqual([`PATCH healthBots/${agent} 201`]);
  const versions = await versionsOf();
  expect(versions.map(({ enabled, madeFor }) => [enabled, madeFor])).toEqual([
    [true, null],
    [true, null],
    [true, asked.id],
  ]);
  expect(await keyOf()).toMatchObject({ keyVersion: versions[2]?.version });
  const after = keyIn(await azureState(world), vault, key).versions[2];
  expect(after).toMatchObject({ kty: before?.kty, keySize: before?.keySize });
  expect([...(after?.keyOps ?? [])].sort()).toEqual([...(before?.keyOps ?? [])].sort());
});

test('to another key in another vault: grants and protects as when enabling, then switches', async () => {
  const asked = await asks(`${command} vault=kv-care-prod key=cmk-triage-agent`);
  await approved(asked);
  expect(await writes(world, asked.from)).toEqual([
    expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/),
    'PATCH vaults/kv-care-prod 200',
    `PATCH healthBots/${agent} 201`,
  ]);
  expect(await keyOf()).toMatchObject({ keyName: 'cmk-triage-agent' });
  expect((await versionsOf()).every(({ enabled }) => enabled)).toBe(true);
});

test('the form leads over vault and key where another key is wanted, and back to the versions', async () => {
  const form = await type(world, people.requester, command);
  const click = async (verb: string, inputs: Record<string, unknown> = {}) =>
    answered(await world.teams.click(people.requester, form.id, verb, { inputs }));
  await click('form.next', { version: 'other' });
  expect(await click('form.next', { vault: 'kv-care-prod' })).toContain('Step 4 of 5: Key');
  await click('form.existing-key');
  expect(await click('form.next', { key: 'cmk-triage-agent' })).toContain('Purge protection: off → on');
  for (let page = 0; page < 2; page += 1) await click('form.back');
  expect(await click('form.back')).toContain('Move to which version?');
});

describe('Azure moves between approval and run', () => {
  const disableOld: Change = (state) => {
    for (const one of keyIn(state, vault, key).versions.slice(0, 1)) one.enabled = false;
  };

  test('the old version was disabled: nothing is written, and the request needs approval again', async () => {
    const before = await keyOf();
    const asked = await asks(`${command} version=newest`);
    await changeState(world.azure, disableOld);
    // The count alone is what the card says before the approval too.
    await approved(asked, /Azure changed after the approval\. The request needs approval again\./);
    const again = await approvalCard(world, asked.id);
    expect(wordsOf(again)).toContain('The version in use is disabled');
    expect(await writes(world, asked.from)).toEqual([]);
    expect(await keyOf()).toEqual(before);
    await approved({ ...asked, card: again });
  });

  test('the agent is under that version already: nothing more is needed, and it is proved all the same', async () => {
    const asked = await asks(`${command} version=newest`);
    await changeState(world.azure, putUnder(agent, vault, key));
    await approved(asked);
    expect(await writes(world, asked.from)).toEqual([]);
  });
});

test('the record verifies, and says of each rotation what it took the agent from', async () => {
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  const asked = await queryStore(
    world,
    `select body from cmk.event where body like '%"type":"submitted"%' and seq > ${world.recordedBefore}`,
  );
  const wishes = asked.map(({ body }) => z.looseObject({ data: Submitted }).parse(JSON.parse(String(body))).data);
  expect(wishes).toHaveLength(6);
  for (const { plan } of wishes) {
    expect(plan.spec).toMatchObject({ operation: 'rotate-cmk', from: { keyName: key } });
    expect(plan.schema).toBe(1);
  }
});
