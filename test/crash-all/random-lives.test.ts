/**
 * Many requests at once on two replicas, to which everything happens: clicks in any order and several times, replicas killed and
 * restarted, connections ended, the clock moved, calls of Teams and Azure refused or not answered, cards deleted. The auditor's
 * program, which knows the rules of a request and nothing of the bot, then judges the published log.
 * `CMK_CRASH_LIVES`: how many requests. `CMK_CRASH_SEED`, which is printed: what happens to them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { crashSeed } from '../support/lives/chosen-cases.ts';
import { cardOf } from '../support/teams/local-teams.ts';
import { azureState } from '../support/world/path.ts';
import {
  activityText,
  answered,
  cardsAbout,
  isNotification,
  people,
  places,
  requestIdIn,
  typeAll,
  writes,
} from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';
import { startTroubledWorld, type Trouble, type TroubledWorld, troubles } from './troubled-replicas.ts';

const count = Number(process.env.CMK_CRASH_LIVES ?? 60);
/** So many live at a time. */
const atOnce = 6;
const patienceMs = 180_000;
const keyName = 'cmk-triage-agent';
const approvers = [people.approver, people.secondApprover];
const agents = Array.from({ length: count }, (_, n) => `agent-${n + 1}`);

const often = (word: string, times: number): readonly string[] => Array.from({ length: times }, () => word);
const click = fc.record({
  verb: fc.constantFrom(...often('approve', 6), 'reject', 'cancel', 'stop', 'retry', 'give-up', 'remind'),
  person: fc.constantFrom(people.requester, ...approvers, people.teamMember),
  times: fc.constantFrom(1, 1, 2, 3),
  afterMs: fc.nat(150),
  /** On an older or a younger question than the present one; 0: as the card has it. */
  off: fc.constantFrom(0, 0, 0, 0, 0, -1, 1),
});
const wave = fc.record({
  clicks: fc.array(click, { minLength: 1, maxLength: 4, size: 'max' }),
  trouble: fc.option(fc.constantFrom<Trouble>(...troubles), { freq: 2 }),
  thenMs: fc.constantFrom(0, 100, 200, 400, 3_000),
});
const life = fc.record({
  waves: fc.array(wave, { minLength: 1, maxLength: 4, size: 'max' }),
  /** What becomes of it if nothing has decided it. */
  end: fc.constantFrom(...often('approve', 5), 'reject', 'expire'),
});
const lives = fc.sample(life, { seed: crashSeed, numRuns: count });
type Life = (typeof lives)[number];
type Click = Life['waves'][number]['clicks'][number];

const titles: Readonly<Record<string, RegExp>> = {
  succeeded: /Succeeded/,
  rejected: /Rejected/,
  cancelled: /Canceled/,
  expired: /Expired/,
  failed: /Failed/,
};
const inputs = {
  approve: { acknowledgeIrreversible: 'true' },
  reject: { comment: 'Not this one' },
  'give-up': { reason: 'Nobody waits for it' },
} as Readonly<Record<string, Record<string, string>>>;

let troubled: TroubledWorld;
/** Each request's agent. */
const ids = new Map<string, string>();
/** Clicks that were answered with the card: by request, person and verb. */
const answeredClicks = new Set<string>();

beforeAll(async () => {
  const approversAndRequester = [people.requester, ...approvers].join(',');
  const rule = { CMK_APPROVERS: approversAndRequester, CMK_APPROVALS_REQUIRED: '2', CMK_APPROVAL_EXPIRY: '90s' };
  troubled = await startTroubledWorld(rule);
  await changeState(troubled.world.azure, (state) => {
    const pattern = agentIn(state, 'triage-agent-test');
    for (const [n, name] of agents.entries()) state.agents.push({ ...structuredClone(pattern), name, etag: `"${n}"` });
  });
});
afterAll(() => troubled?.end());

/** Does it again while nobody answers, as a person would. */
async function again<T>(act: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + patienceMs; ; await pause(500)) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

/** The events' types, oldest first; also while connections end. */
const typesOf = (id: string): Promise<readonly string[]> =>
  again(async () => {
    const type = `coalesce(body::json #>> '{data,as}', body::json ->> 'type')`;
    const rows = await queryStore(
      troubled.world,
      `select ${type} as type from cmk.event where request_id = '${id}' order by revision`,
    );
    return rows.map((row) => String(row.type));
  });

async function ask(agent: string): Promise<string> {
  const { world } = troubled;
  const submit = { justification: `For ${agent}`, acknowledgeDataLoss: 'true' };
  const form = await again(() => typeAll(world, { agent, vault: 'kv-care-prod', key: keyName }));
  return again(async () => {
    const [row] = await queryStore(
      world,
      `select request_id from cmk.event where body::json ->> 'target' like '%/${agent}' limit 1`,
    );
    if (row !== undefined) return String(row.request_id);
    const said = answered(await world.teams.click(people.requester, form.id, 'form.submit', { inputs: submit }));
    throw new Error(`not there yet: ${requestIdIn(said)} ${said.slice(0, 300)}`);
  });
}

async function press(id: string, { person, verb, off }: Pick<Click, 'person' | 'verb' | 'off'>): Promise<void> {
  const { teams } = troubled.world;
  const place = approvers.includes(person) ? places.approvals : places.operations;
  const seen = await teams.activities(place, person);
  const card = seen.find((one) => cardOf(one) !== undefined && !isNotification(one) && activityText(one).includes(id));
  const data = off === 0 ? {} : { data: { requestId: id, revision: 1 + off } };
  if (card === undefined) return;
  const answer = await teams
    .click(person, card.id, `request.${verb}`, { inputs: inputs[verb] ?? {}, ...data })
    .catch(() => null);
  if (answer?.status === 200 && answered(answer).startsWith('[card]')) answeredClicks.add(`${id} ${person}/${verb}`);
}

/** Decides what is left to decide, and retries what doesn't go on. */
async function untilItEnds(id: string, end: Life['end']): Promise<string> {
  for (const until = Date.now() + patienceMs; ; await pause(400)) {
    const types = await typesOf(id);
    const ended = types.find((type) => titles[type] !== undefined);
    if (ended !== undefined) return ended;
    if (Date.now() > until) throw new Error(`${id} doesn't end: ${types.join()}`);
    const last = (...names: readonly string[]) => types.findLastIndex((type) => names.includes(type));
    if (last('attention-needed') > last('run-ordered', 'retried'))
      await press(id, { person: people.requester, verb: 'retry', off: 0 });
    if (last('run-ordered') > last('submitted', 'plan-changed') || end === 'expire') continue;
    for (const person of approvers) await press(id, { person, verb: end, off: 0 });
  }
}

/** The cards of a request in both places, once each says how it ended. */
async function cardsOf(id: string, ended: string): Promise<readonly number[]> {
  const { world } = troubled;
  const counts = [places.operations, places.approvals].map((place) =>
    again(async () => {
      // A copy that the bot doesn't know of is updated once somebody looks at it who has a view of their own.
      await cardsAbout(world, place, people.requester, id);
      const cards = await cardsAbout(world, place, people.approver, id);
      const old = cards.find((card) => titles[ended]?.test(activityText(card)) !== true);
      if (old !== undefined) throw new Error(`${id} ${ended}, and a card in ${place} says ${activityText(old)}`);
      return cards.length;
    }),
  );
  return Promise.all(counts);
}

async function lead({ waves, end }: Life, agent: string): Promise<string> {
  const id = await ask(agent);
  ids.set(id, agent);
  for (const { clicks, trouble, thenMs } of waves) {
    const pressed = clicks.flatMap((one) =>
      Array.from({ length: one.times }, () => pause(one.afterMs).then(() => press(id, one))),
    );
    await Promise.all([...pressed, trouble === null ? null : troubled.bring(trouble, id)]);
    await pause(thenMs);
  }
  const ended = await untilItEnds(id, end);
  const most = 1 + troubled.mostDoubled();
  for (const cards of await cardsOf(id, ended)) if (cards > most) throw new Error(`${cards} cards of ${id}`);
  return ended;
}

test(`${count} requests to which everything happens end, and every card says how`, async () => {
  // Before anything can hang.
  process.stdout.write(`random lives: CMK_CRASH_LIVES=${count} CMK_CRASH_SEED=${crashSeed}\n`);
  const queue = agents.map((agent, n) => ({ agent, life: lives[n] }));
  const ends: string[] = [];
  const leadAll = async (): Promise<void> => {
    for (let next = queue.shift(); next?.life !== undefined; next = queue.shift()) {
      const { agent, life: own } = next;
      const fail = (error: Error): string => `${agent}: ${error.message}; ${JSON.stringify(own)}`;
      ends.push(await lead(own, agent).catch(fail));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, leadAll));
  process.stdout.write(
    `${ends.join()}; ${[...troubled.met].map(([trouble, times]) => `${times} ${trouble}`).join()}\n`,
  );
  expect(ends.filter((one) => titles[one] === undefined)).toEqual([]);
  expect(ends).toContain('succeeded');
}, 3_600_000);

test('Azure was changed once for each change that the log has, and the approved key is set where the request succeeded', async () => {
  const { world } = troubled;
  const record = await readRecord(world);
  const state = await azureState(world);
  const wrote = await writes(world);
  for (const [id, agent] of ids) {
    const events = record.events(id);
    const own = wrote.filter((one) => one.includes(`healthBots/${agent} `) && / 20[01]$/.test(one)).length;
    const begun = ['enable-identity', 'set-cmk'].filter((step) => events.includes(`step-intended ${step}/1`)).length;
    const key = agentIn(state, agent).content.keyVaultProperties?.keyName;
    if (events.includes('succeeded')) expect([id, own, key]).toEqual([id, 2, keyName]);
    else expect([id, own <= begun]).toEqual([id, true]);
  }
});

test('the log has each answered click, none twice, and the auditor’s program finds no broken rule in it', async () => {
  const { world } = troubled;
  const twice = await queryStore(
    world,
    `select request_id, cause from cmk.event where cause like 'click:%' group by 1, 2, n having count(*) > 1`,
  );
  expect(twice).toEqual([]);
  const rows = await queryStore(world, `select request_id || ' ' || cause as cause from cmk.event`);
  const stored = new Set(rows.map(({ cause }) => String(cause).replace(/click:\d+\//, '')));
  expect([...answeredClicks].filter((one) => !stored.has(one.replace(/remind$/, 'remind-after-never')))).toEqual([]);
  expect((await readRecord(world)).findings).toEqual([]);
  await troubled.stop();
  const anchor = `${world.dataDir}/anchor`;
  expect(verifyInPython(anchor, '--keys', `${anchor}/keys.txt`)).toEqual([0, expect.stringMatching(/^proved/), '']);
});
