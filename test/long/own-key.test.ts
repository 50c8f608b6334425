import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Attacker, attackerIn, versionsIn } from '../support/azure/attacker-keys.ts';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { azureState, linesOf, openReview } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  approvalCard,
  approve,
  cardsAbout,
  type Fault,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  submit,
  type,
  untilAzureAnswered,
  untilFaultsAreMet,
  untilMended,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/**
 * Who asks for a new key, or a new version, may be allowed to import keys into that vault, and knows the request's id. None of
 * their ways to have the agent put under a key whose private part they hold may work.
 */

const agent = 'triage-agent-prod';
const vault = 'kv-care-prod';
const name = 'cmk-made-here';
const rotated = { agent: 'virtual-visit-agent', vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };

const world = scenario({ own: {}, restoresAzure: true });
let attacker: Attacker;
let rotating: Attacker;

beforeAll(async () => {
  attacker = await attackerIn(world, vault, name);
  rotating = await attackerIn(world, rotated.vault, rotated.key);
});
/** Whatever a request came to, the next one finds the agent free. */
let open = '';
afterEach(async () => {
  if (open === '') return;
  const cards = await cardsAbout(world, places.operations, people.requester, open);
  for (const card of cards) {
    for (const verb of ['request.cancel', 'request.give-up'])
      await world.teams.click(people.requester, card.id, verb, { inputs: { comment: 'Not this week' } });
  }
});

interface Asked {
  readonly id: string;
  readonly card: SeenActivity;
  readonly from: number;
}

async function asked(review: SeenActivity): Promise<Asked> {
  const id = await submit(world, review);
  open = id;
  return { id, card: await approvalCard(world, id), from: (await world.azureRequests()).length };
}

const asksForNewKey = async () =>
  asked(
    await openReview(world, {
      agent,
      vault,
      key: { newKeyName: name, keyType: 'RSA', keySize: '3072', keyExpiry: '' },
    }),
  );
const asksForNewVersion = async () =>
  asked(await type(world, people.requester, `/rotate-cmk resource=${rotated.agent} version=new`));

async function approved({ card }: Asked): Promise<void> {
  expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
}

async function ends({ id }: Asked, words: RegExp): Promise<string> {
  const card = await shows(world, places.operations, people.requester, id, words);
  if (words.source === 'Succeeded') open = '';
  return linesOf(card).join('\n');
}

const keyOf = async (of: string) => agentIn(await azureState(world), of).content.keyVaultProperties;
const versionsOfNew = async () => versionsIn(await azureState(world), vault, name);
const versionsOfRotated = async () => versionsIn(await azureState(world), rotated.vault, rotated.key);

/** A write that is held while somebody does something. */
const held = (url: string, method = 'PUT'): Fault => ({ match: { method, url }, ...untilMended });
const creating = held(`keys/${name}\\?`);
const granting = held('roleAssignments');
const making = held(`keys/${rotated.key}/create`, 'POST');

/** Azure does it, and the bot is killed before it hears of it. */
async function killedWhile(fault: Fault, one: Asked): Promise<void> {
  await faultAzure(world, fault);
  await approved(one);
  await untilFaultsAreMet(world);
  await world.endBot('SIGKILL');
  await mendAzure(world);
  await untilAzureAnswered(world, fault.match, 1, one.from);
}

describe('a new key that an attacker imports under the approved name, with the request’s id as a tag', () => {
  test('before the run: blocks it, and says whose it may be and what to do', async () => {
    const one = await asksForNewKey();
    await attacker.imports({ 'cmk-bot-request': one.id });
    await approved(one);
    const says = await ends(one, /Needs attention/);
    expect(says).toContain(`Nothing shows that this request created key ${name}.`);
    expect(says).toContain('Request another key name');
    expect(await keyOf(agent)).toBeNull();
  });

  test('while the bot asks Azure to make it: what Azure answers is not the bot’s, and is not used', async () => {
    const one = await asksForNewKey();
    await faultAzure(world, creating);
    await approved(one);
    await untilFaultsAreMet(world);
    await attacker.imports({ 'cmk-bot-request': one.id });
    await mendAzure(world);
    expect(await ends(one, /Needs attention/)).toContain(`Nothing shows that this request created key ${name}.`);
    expect(await versionsOfNew()).toHaveLength(1);
    expect(await keyOf(agent)).toBeNull();
  });

  test('between making and setting, in the place of the bot’s own, with every tag copied: the agent is not put under it', async () => {
    const one = await asksForNewKey();
    await faultAzure(world, granting);
    await approved(one);
    await untilFaultsAreMet(world);
    const tags = await attacker.readsTags();
    await attacker.removes();
    const theirs = await attacker.imports(tags);
    await mendAzure(world);
    await ends(one, /Needs attention/);
    expect((await versionsOfNew()).map(({ version }) => version)).toEqual([theirs]);
    expect(await keyOf(agent)).toBeNull();
    // Nor does another try take it.
    const card = await shows(world, places.operations, people.requester, one.id, /Needs attention/);
    await world.teams.click(people.requester, card.id, 'request.retry');
    expect(await ends(one, /Nothing shows/)).toContain('a copy of it might exist');
    expect(await keyOf(agent)).toBeNull();
  });

  test('as a further version of the bot’s own, with every tag copied: the agent is put under the first', async () => {
    const one = await asksForNewKey();
    await faultAzure(world, granting);
    await approved(one);
    await untilFaultsAreMet(world);
    await attacker.imports(await attacker.readsTags());
    await mendAzure(world);
    await ends(one, /Succeeded/);
    const [own, theirs] = await versionsOfNew();
    expect(theirs).toBeDefined();
    expect((await keyOf(agent))?.keyVersion).toBe(own?.version);
  });
});

describe('a new key of which the bot did not hear that it was made', () => {
  test('is known again by what only it carries, and made once', async () => {
    const one = await asksForNewKey();
    await killedWhile(creating, one);
    await world.startBot();
    await ends(one, /Succeeded/);
    const versions = await versionsOfNew();
    expect(versions).toHaveLength(1);
    expect((await keyOf(agent))?.keyVersion).toBe(versions[0]?.version);
  });

  test('is not used once somebody copied that onto a further version: a person is asked', async () => {
    const one = await asksForNewKey();
    await killedWhile(creating, one);
    await attacker.imports(await attacker.readsTags());
    await world.startBot();
    expect(await ends(one, /Needs attention/)).toContain('More than one version');
    expect(await keyOf(agent)).toBeNull();
  });

  test('is not used where it was made long after the bot asked', async () => {
    const one = await asksForNewKey();
    await killedWhile(creating, one);
    const tags = await attacker.readsTags();
    await attacker.removes();
    await attacker.imports(tags);
    await laterBy(600);
    await world.startBot();
    expect(await ends(one, /Needs attention/)).toContain('at another time than this request');
    expect(await keyOf(agent)).toBeNull();
  });

  test('is not made when the bot was stopped before Azure heard of it: it is asked for anew, once', async () => {
    const one = await asksForNewKey();
    await killedWhile({ ...creating, respond: { status: 503 } }, one);
    expect(await versionsOfNew()).toEqual([]);
    await world.startBot();
    await ends(one, /Succeeded/);
    expect(await versionsOfNew()).toHaveLength(1);
  });
});

describe('a new version of a key', () => {
  test('is not the one that an attacker imports before the run with the request’s id as a tag', async () => {
    const one = await asksForNewVersion();
    const theirs = await rotating.imports({ 'cmk-bot-request': one.id });
    await approved(one);
    await ends(one, /Succeeded/);
    const own = (await versionsOfRotated()).at(-1);
    expect(own?.version).not.toBe(theirs);
    expect((await keyOf(rotated.agent))?.keyVersion).toBe(own?.version);
  });

  test('is not the one imported with all its tags before the agent is switched', async () => {
    const one = await asksForNewVersion();
    await faultAzure(world, held(`healthBots/${rotated.agent}`, 'PATCH'));
    await approved(one);
    await untilFaultsAreMet(world);
    const theirs = await rotating.imports(await rotating.readsTags());
    await mendAzure(world);
    await ends(one, /Succeeded/);
    expect((await versionsOfRotated()).at(-1)?.version).toBe(theirs);
    expect((await keyOf(rotated.agent))?.keyVersion).toBe((await versionsOfRotated()).at(-2)?.version);
  });

  test('of which the bot did not hear is not used once its tags are on another: a person is asked', async () => {
    const before = (await keyOf(rotated.agent))?.keyVersion;
    const one = await asksForNewVersion();
    await killedWhile(making, one);
    await rotating.imports(await rotating.readsTags());
    await world.startBot();
    expect(await ends(one, /Needs attention/)).toContain('More than one version');
    expect((await keyOf(rotated.agent))?.keyVersion).toBe(before);
  });
});

test('what the made key carries stands nowhere but on the key: the record has its hash, the log and the cards nothing', async () => {
  const one = await asksForNewKey();
  await approved(one);
  await ends(one, /Succeeded/);
  const nonce = (await attacker.readsTags())['cmk-bot-nonce'] ?? '';
  expect(nonce).toMatch(/^[0-9a-f]{64}$/);
  expect(world.printed()).not.toContain(nonce);
  for (const place of Object.values(places)) {
    expect(JSON.stringify(await world.teams.activities(place, people.requester))).not.toContain(nonce);
  }
  await world.endBot('SIGINT');
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
});

/** Somebody takes their time: what they made is told as made so many seconds later. */
async function laterBy(seconds: number): Promise<void> {
  await changeState(world.azure, (state) => {
    const found = state.vaults.find((one: { name: string }) => one.name === vault);
    const key = found.keys.find((one: { name: string }) => one.name === name);
    for (const version of key.versions) version.created += seconds;
  });
}
