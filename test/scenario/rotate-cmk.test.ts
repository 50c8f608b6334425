import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Change, keyIn, onVault, putUnder } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { azureState, linesOf } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  approvalCard,
  approve,
  cardsAbout,
  people,
  places,
  shows,
  submit,
  type,
  writes,
} from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';

const Submitted = z.looseObject({ plan: z.looseObject({ schema: z.number(), wish: z.looseObject({}) }) });

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

describe('to the newest version of the key', () => {
  test('switches the agent to it and leaves the old one enabled', async () => {
    const [old, next] = [await inUse(), await newest()];
    const asked = await asks(`${command} version=newest`);
    const question = wordsOf(asked.card);
    expect(question).toContain(`version ${old.slice(0, 8)}`);
    expect(question).toContain(`version ${next.slice(0, 8)}`);
    expect(question).toContain('Can be undone\nThe old version stays enabled.');
    expect(question).not.toContain('Can’t be undone');
    const end = wordsOf(await approved(asked));
    expect(end).toContain('Verification level: key tested');
    expect(await writes(world, asked.from)).toEqual([`PATCH healthBots/${agent} 201`]);
    expect(await made(asked.from)).toEqual([]);
    expect(await keyOf()).toMatchObject({ keyName: key, keyVersion: next });
    expect(await versionsOf()).toEqual([
      { version: old, enabled: true, madeFor: null },
      { version: next, enabled: true, madeFor: null },
    ]);
  });

  test('and back again: a version can be named, and what is in use cannot', async () => {
    const old = await inUse();
    await approved(await asks(`${command} version=newest`));
    expect(wordsOf(await type(world, people.requester, `${command} version=newest`))).toContain('is in use already');
    await approved(await asks(`${command} version=${old}`));
    expect(await keyOf()).toMatchObject({ keyVersion: old });
  });
});

describe('to a new version', () => {
  test('makes one in the vault, once, with what the old one had, and switches the agent to it', async () => {
    const before = keyIn(await azureState(world), vault, key).versions[0];
    const asked = await asks(`${command} version=new`);
    expect(wordsOf(asked.card)).toContain('new version, once created');
    await approved(asked);
    expect(await made(asked.from)).toEqual([`/keys/${key}/create 200`]);
    expect(await writes(world, asked.from)).toEqual([`PATCH healthBots/${agent} 201`]);
    const versions = await versionsOf();
    expect(versions).toHaveLength(3);
    expect(versions.every(({ enabled }) => enabled)).toBe(true);
    expect(versions[2]?.madeFor).toBe(asked.id);
    expect(await keyOf()).toMatchObject({ keyVersion: versions[2]?.version });
    const after = keyIn(await azureState(world), vault, key).versions[2];
    expect(after).toMatchObject({ kty: before?.kty, keySize: before?.keySize });
    expect([...(after?.keyOps ?? [])].sort()).toEqual([...(before?.keyOps ?? [])].sort());
  });
});

describe('to another key in another vault', () => {
  test('grants and protects as when enabling, then switches', async () => {
    const asked = await asks(`${command} vault=kv-care-prod key=cmk-triage-agent`);
    expect(wordsOf(asked.card)).toContain('Can’t be undone');
    await approved(asked);
    expect(await writes(world, asked.from)).toEqual([
      expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/),
      'PATCH vaults/kv-care-prod 200',
      `PATCH healthBots/${agent} 201`,
    ]);
    expect(await keyOf()).toMatchObject({ keyName: 'cmk-triage-agent' });
    expect((await versionsOf()).every(({ enabled }) => enabled)).toBe(true);
  });
});

describe('the form', () => {
  const next = (form: SeenActivity, inputs: Record<string, unknown>) =>
    world.teams.click(people.requester, form.id, 'form.next', { inputs });

  test('leads over vault and key where another key is wanted, and back to the versions', async () => {
    const form = await type(world, people.requester, command);
    await next(form, { version: 'other' });
    const keys = answered(await next(form, { vault: 'kv-care-prod' }));
    expect(keys).toContain('Step 4 of 5: Key');
    await world.teams.click(people.requester, form.id, 'form.existing-key');
    expect(answered(await next(form, { key: 'cmk-triage-agent' }))).toContain('Purge protection: off → on');
    for (let page = 0; page < 2; page += 1) await world.teams.click(people.requester, form.id, 'form.back');
    expect(answered(await world.teams.click(people.requester, form.id, 'form.back'))).toContain(
      'Move to which version?',
    );
  });
});

const onVersion =
  (index: number, change: Record<string, unknown>): Change =>
  (state) => {
    const one = keyIn(state, vault, key).versions[index];
    if (one !== undefined) Object.assign(one, change);
  };

test('an old version that is disabled is shown, and does not stand in the way', async () => {
  await changeState(world.azure, onVersion(0, { enabled: false }));
  const asked = await asks(`${command} version=newest`);
  expect(wordsOf(asked.card)).toContain('The version in use is disabled');
  expect(wordsOf(asked.card)).not.toContain('Can be undone');
  await approved(asked);
});

describe('a world that moves between approval and run', () => {
  test.each<[string, string, Change, RegExp, string]>([
    [
      'to another key',
      'newest',
      putUnder(agent, 'kv-care-prod', 'cmk-triage-agent'),
      /Needs attention/,
      'The agent was changed',
    ],
    [
      'by an old version that was disabled',
      'newest',
      onVersion(0, { enabled: false }),
      // The count alone is what the card says before the approval too.
      /Azure changed after the approval\. The request needs approval again\./,
      'The version in use is disabled',
    ],
    [
      'by a vault that closed',
      'new',
      onVault(vault, (one) => {
        one.networkAcls = { bypass: 'None', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };
      }),
      /Needs attention/,
      'firewall',
    ],
  ])('%s changes nothing in Azure', async (_how, way, change, words, why) => {
    const before = await keyOf();
    const asked = await asks(`${command} version=${way}`);
    await changeState(world.azure, change);
    const from = (await world.azureRequests()).length;
    const card = await approved(asked, words);
    expect(
      `${wordsOf(card)}\n${(await cardsAbout(world, places.approvals, people.approver, asked.id)).map(wordsOf)}`,
    ).toContain(why);
    expect(await writes(world, from)).toEqual([]);
    expect(await made(from)).toEqual([]);
    if (!_how.startsWith('to another')) expect(await keyOf()).toEqual(before);
    for (const verb of ['request.give-up', 'request.cancel']) {
      await world.teams.click(people.requester, card.id, verb, { inputs: { reason: 'Moved elsewhere' } });
    }
  });

  test('to where it was to go needs nothing more, and is proved all the same', async () => {
    const asked = await asks(`${command} version=newest`);
    await changeState(world.azure, putUnder(agent, vault, key));
    const from = (await world.azureRequests()).length;
    await approved(asked);
    expect(await writes(world, from)).toEqual([]);
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
  expect(wishes.length).toBeGreaterThan(5);
  for (const { plan } of wishes) {
    expect(plan.wish).toMatchObject({ operation: 'rotate-cmk', from: { keyName: key } });
    expect(plan.schema).toBe(2);
  }
});
