import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { AttackTable } from '../support/attacks/attack-table.ts';
import { oddTexts } from '../support/attacks/attack-values.ts';
import { watch } from '../support/attacks/attack-watch.ts';
import type { JsonObject, SeenActivity } from '../support/teams/local-teams.ts';
import { activity, invoke, send } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  buttonData,
  choices,
  people,
  places,
  type,
  typeAll,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/**
 * What people type goes into one kind of query, as one literal that means just that. And whatever it names, the bot looks at
 * nothing outside the configured subscriptions: here the first of two that its identity may read.
 */
const own = '40000000-0000-4000-8000-000000000001';
const foreign = '40000000-0000-4000-8000-000000000002';
const table = new AttackTable();

// One person types hundreds of texts, one after the other.
const env = { CMK_SUBSCRIPTIONS: own, CMK_CALLS_AT_ONCE: '1000000' };
const world = scenario({ own: { env } });
afterAll(() => table.print('What was typed where an agent, a vault or a key is asked for'));

const GraphQuery = z.object({ subscriptions: z.array(z.string()), query: z.string() });
let asked = 0;

/** Every query since this was last called. */
async function queries(): Promise<readonly z.infer<typeof GraphQuery>[]> {
  const all = await world.azureRequests();
  const fresh = all.slice(asked).filter(({ url }) => /Microsoft\.ResourceGraph/i.test(url));
  asked = all.length;
  return fresh.map(({ body }) => GraphQuery.parse(typeof body === 'string' ? JSON.parse(body) : body));
}

const literal =
  /^resources \| where type =~ 'microsoft\.healthbot\/healthbots'(?: \| where name contains '((?:[^'\\]|\\['\\])*)')? \| project id, name, [A-Za-z, =().]+ \| order by name asc \| limit \d+$/;
const meant = (quoted: string): string => quoted.replace(/\\(['\\])/g, '$1');

/** The names that were looked for; fails on a query that is anything but a look for one name in the own subscription. */
async function lookedFor(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { subscriptions, query } of await queries()) {
    expect(subscriptions).toEqual([own]);
    if (/'microsoft\.keyvault\/vaults'|resourcecontainers/.test(query)) {
      expect(query).not.toContain('contains');
      continue;
    }
    const read = literal.exec(query);
    if (read === null) throw new Error(`an odd query: ${query}`);
    if (read[1] !== undefined) found.push(meant(read[1]));
  }
  return found;
}
afterEach(async () => {
  const outside = (await world.azureRequests()).filter(({ url }) => url.includes(foreign));
  expect(outside).toEqual([]);
});

const breakouts: Readonly<Record<string, string>> = {
  'a quote': "agent'",
  'a quote that ends the query': "x' | where 1 == 1 //",
  'a quote and another source': "' | union resources | project id, name //",
  'a backslash before the quote': "x\\' or 1 == 1 or name contains \\'",
  'two backslashes before the quote': "x\\\\' or 1 == 1 //",
  'a backslash at the end': 'x\\',
  'double quotes': 'x" or name contains "',
  'a verbatim text': '@\'x\' or @"x"',
  'typographic quotes': '‘agent’ “agent” ＇agent＇',
  'a comment': 'agent // or /* agent */',
  'a pipe': 'agent | limit 1000 | project-away name',
  'another command': '; .show tables',
  'a let': "'; let x = 1; resources | where name contains '",
  'an escape by number': '\\u0027 or 1 == 1 \\x27',
  'a pattern': '*.*%_?[a-z]',
  'the end of a list': ')]}',
};
const everything = Object.entries({ ...breakouts, ...oddTexts });

describe('a search in a form', () => {
  let form: SeenActivity;
  const search = async (queryText: string, dataset = 'agents') => {
    const answer = await send(world, invoke(world, { queryText, dataset }, { name: 'application/search' }));
    return {
      answer,
      results:
        answer.status === 200 ? (JSON.parse(answer.body).value.results as { title: string; value: string }[]) : [],
    };
  };

  beforeAll(async () => {
    form = await type(world, people.requester, '/enable-cmk', places.group);
    await queries();
  });

  test.each(everything)('%s is looked for as it is, or not at all', async (_what, text) => {
    const { answer, results } = await search(text);
    const names = await lookedFor();
    // All agents were found just before, and with them those of any letters that can be part of a name.
    if (answer.status === 200 && /^[\w.-]{1,64}$/.test(text.trim())) expect([[text.trim()], []]).toContainEqual(names);
    else expect(names).toEqual([]);
    if (text.trim() !== '') {
      for (const { title } of results) expect(title.toLowerCase()).toContain(text.trim().toLowerCase());
    }
    expect(results.length).toBeLessThanOrEqual(15);
    for (const { value } of results) expect(value).toContain(`/subscriptions/${own}/`);
    table.add('an agent searched for by an odd text', `${answer.status}`);
  });

  test.each(everything)('%s as an agent is none', async (_what, text) => {
    const data = buttonData({ status: 200, body: form }, 'form.next');
    const now = await world.teams.click(people.requester, form.id, 'form.refresh', {
      data: { formId: String(data.formId) },
    });
    const inputs = { resource: text };
    const { revision } = buttonData(now, 'form.next');
    const answer = await world.teams.click(people.requester, form.id, 'form.next', {
      data: { ...data, revision },
      inputs,
    });
    expect(answered(answer)).toMatch(/No agent is named|Nothing is chosen/);
    for (const name of await lookedFor()) expect(text).toContain(name);
    table.add('an odd text chosen as the agent', 'refused on the card');
  });

  test('a name is found with any of its letters, and nothing else is', async () => {
    const { results } = await search('TRIAGE');
    expect(results.map(({ title }) => title.split(' ')[0])).toEqual(['triage-agent-prod', 'triage-agent-test']);
  });
});

describe('typed', () => {
  const fits = everything.filter(([, text]) => text.length < 2_000);

  test.each(fits.filter(([, text]) => text.trim() === ''))('resource=%s is asked for', async (_what, text) => {
    const card = await type(world, people.requester, `/enable-cmk resource="${text}" vault=kv-care-prod`, places.group);
    expect(activityText(card)).toContain('Healthcare agent service');
    expect(JSON.stringify(card)).toContain('"form.next"');
  });

  test.each(fits.filter(([, text]) => text.trim() !== ''))('resource=%s is refused', async (_what, text) => {
    await queries();
    const quoted = text.replaceAll('"', ' ');
    const card = await type(
      world,
      people.requester,
      `/enable-cmk resource="${quoted}" vault=kv-care-prod key=x`,
      places.group,
    );
    expect(activityText(card)).toMatch(/No agent is named|Which agent|not there|Several agents/);
    for (const name of await lookedFor()) expect(quoted.replace(/\s+/g, ' ')).toContain(name);
    table.add('an odd text typed as resource=', 'refused');
  });

  test.each(Object.entries(breakouts))('the history of %s is refused', async (_what, text) => {
    await queries();
    const card = await type(world, people.requester, `/cmk-history ${text}`, places.group);
    expect(activityText(card)).toContain('No agent is named');
    for (const name of await lookedFor()) expect(text).toContain(name);
    table.add('an odd text typed behind /cmk-history', 'refused');
  });
});

describe('outside the configured subscriptions', () => {
  const there = (name: string, subscription = foreign) =>
    `/subscriptions/${subscription}/resourceGroups/rg-research/providers/Microsoft.HealthBot/healthBots/${name}`;
  const vaultThere = `/subscriptions/${foreign}/resourceGroups/rg-research/providers/Microsoft.KeyVault/vaults/kv-research`;
  const agents: Readonly<Record<string, string>> = {
    'an agent by name': 'x-ray-agent',
    'an agent by id': there('x-ray-agent'),
    'an agent by id in capitals': there('x-ray-agent').toUpperCase(),
    'an own agent’s name under a foreign id': there(choices.first.agent),
    'a way out of the own subscription': `${agentId(choices.first.agent)}/../../../../${there('x-ray-agent')}`,
    'two ids in one': `/subscriptions/${own}${there('x-ray-agent')}`,
    'an id with a query': `${there('x-ray-agent')}?x=/subscriptions/${own}`,
    'an agent of nobody': there('x-ray-agent', '40000000-0000-4000-8000-0000000000ff'),
  };

  test.each(Object.entries(agents))('%s is not there', async (what, resource) => {
    const card = await type(world, people.requester, `/enable-cmk resource=${resource}`, places.group);
    expect(activityText(card)).toContain('No agent is named');
    const history = await type(world, people.requester, `/cmk-history ${resource}`, places.group);
    expect(activityText(history)).toContain('No agent is named');
    const form = await type(world, people.requester, '/enable-cmk', places.group);
    const clicked = await world.teams.click(people.requester, form.id, 'form.next', { inputs: { resource } });
    expect(answered(clicked)).toContain('No agent is named');
    table.add(what, 'not there');
  });

  test.each([
    ['a vault by name', 'kv-research'],
    ['a vault by id', vaultThere],
    ['a vault by id in capitals', vaultThere.toUpperCase()],
    ['a way to another vault', '../kv-research'],
  ])('%s is not there', async (what, vault) => {
    const { agent, key } = choices.first;
    const card = await type(
      world,
      people.requester,
      `/enable-cmk resource=${agent} vault=${vault} key=${key}`,
      places.group,
    );
    expect(activityText(card)).toContain('No vault is named');
    const form = await type(world, people.requester, `/enable-cmk resource=${agent}`, places.group);
    const clicked = await world.teams.click(people.requester, form.id, 'form.next', { inputs: { vault } });
    expect(answered(clicked)).toContain('No vault is named');
    table.add(what, 'not there');
  });

  test('what a click adds about agent, vault and key is not read', async () => {
    const form = await typeAll(world, choices.first, places.group);
    const data: JsonObject = buttonData({ status: 200, body: form }, 'form.submit');
    const forged = {
      agentId: there('x-ray-agent'),
      vaultId: vaultThere,
      spec: { agentId: there('x-ray-agent') },
      page: 'review',
      plan: {},
    };
    const inputs = { resource: there('x-ray-agent'), vault: 'kv-research', key: 'new' };
    const answer = await world.teams.click(people.requester, form.id, 'form.submit', {
      data: { ...data, ...forged },
      inputs,
    });
    expect(answered(answer)).not.toContain('x-ray');
    const shown = await world.teams.click(people.requester, form.id, 'form.refresh', {
      data: { formId: String(data.formId) },
    });
    expect(answered(shown)).toContain(choices.first.agent);
    table.add('ids forged into a click', 'not read');
  });

  test('a search for what is there finds nothing', async () => {
    for (const queryText of ['x-ray', 'wellness', foreign]) {
      const answer = await send(world, invoke(world, { queryText, dataset: 'agents' }, { name: 'application/search' }));
      expect(JSON.parse(answer.body).value.results).toEqual([]);
    }
    table.add('searched for', 'nothing found');
  });

  test('after all that, nothing was stored, written or unexpected', async () => {
    const watching = watch(world);
    expect(watching.bugs()).toEqual([]);
    expect((await send(world, activity(world))).status).toBe(200);
    expect(await writes(world)).toEqual([]);
    expect((await readRecord(world)).requests).toEqual([]);
  });
});
