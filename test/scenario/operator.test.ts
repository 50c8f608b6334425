import { readFileSync } from 'node:fs';
import { cmkBot } from '../support/processes/command-line.ts';
import { sealKeysIn } from '../support/store/seal-keys.ts';
import { activity, send, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { approvalCard, approve, ask, faultAzure, mendAzure, people, places, type } from '../support/world/story.ts';

const world = scenario();

const scrape = async (): Promise<string> => (await sendRaw(world, '', { method: 'GET', path: '/metrics' })).body;
/** The value of a series, 0 when there is none. */
const figure = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1] ?? 0,
  );

/** How much a series has grown since this was called. */
async function fromNow(): Promise<(series: string) => Promise<number>> {
  const before = await scrape();
  return async (series) => figure(await scrape(), series) - figure(before, series);
}

test('a message or click that ends in an unexpected error has failed, though Teams gets an answer', async () => {
  const grown = await fromNow();
  await world.teams.call('POST', '/simulator/faults', {
    match: { method: 'POST' },
    respond: { status: 400, body: {} },
  });
  await send(world, activity(world));
  await world.teams.call('DELETE', '/simulator/faults');
  await sendRaw(world, '[]');
  expect(await grown('cmk_calls_total{type="unread",outcome="refused"}')).toBe(1);
  expect(await grown('cmk_calls_refused_total{reason="malformed"}')).toBe(1);
  expect(await grown('cmk_calls_total{type="message",outcome="failed"}')).toBe(1);
  expect(await grown('cmk_calls_total{type="message",outcome="answered"}')).toBe(0);
});

test('open requests are counted by state, refusals by code, and failures of Azure by what must follow', async () => {
  const grown = await fromNow();
  const id = await ask(world);
  expect(await grown('cmk_requests_open{state="awaiting-approval"}')).toBe(1);
  await approve(world, people.requester, await approvalCard(world, id));
  expect(await grown('cmk_refusals_total{code="own-request"}')).toBe(1);
  const refused = world
    .printed()
    .split('\n')
    .find((line) => line.includes('"a decision was refused"') && line.includes(id));
  expect(JSON.parse(refused ?? '{}')).toMatchObject({ person: people.requester, code: 'own-request' });
  await faultAzure(world, { match: { url: 'Microsoft.ResourceGraph' }, times: 1, respond: { status: 403, body: {} } });
  await type(world, people.teamMember, '/enable-cmk', places.group);
  await type(world, people.requester, '/enable-cmk', places.group);
  await mendAzure(world);
  expect(await grown('cmk_azure_failures_total{next="ask"}')).toBeGreaterThan(0);
});

test('no id, name or address of anybody is among the labels', async () => {
  const text = await scrape();
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}|CMK-[0-9A-Z]{6}|@thread|triage|kv-|\bAna\b|example/);
  const labels = [...text.matchAll(/^cmk_\w+\{(.*)\}/gm)].flatMap(([, all = '']) => all.split(','));
  for (const label of labels) expect(label).toMatch(/^[a-z]+="[a-zA-Z/-]+"$/);
});

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('alerts ask for figures that have a value at the start, and each has its page', async () => {
  const rules = read('infra/alerts.prometheus.yaml').split('- alert: ').slice(1);
  // This world has no witness.
  const ofWitnesses = ['cmk_witness_contradicts{witness=""} 0'];
  const text = [await scrape(), ...ofWitnesses].join('\n');
  const figures = new Set([...text.matchAll(/^(\w+)(?:\{.*\})? \d/gm)].map(([, name]) => name));
  const titles = [...read('docs/operate/alerts.md').matchAll(/^\| ([A-Z][^|]+) \| /gm)].map(([, title = '']) => title);
  const pages = new Set(titles.map((title) => title.toLowerCase().replaceAll(' ', '-')));
  expect(rules.length).toBeGreaterThan(8);
  for (const rule of rules) {
    const expression = /expr: (.*)/.exec(rule)?.[1] ?? '';
    const asked = [...expression.matchAll(/\b(?:cmk|nodejs|process)_\w+/g)].map(([name]) => name);
    expect(asked.filter((name) => !figures.has(name))).toEqual([]);
    expect(pages).toContain(/runbook: (.*)/.exec(rule)?.[1]);
  }
});

test('the doctor checks the configuration that the bot runs on, and prints no key', async () => {
  const { code, out } = await cmkBot(['doctor'], world.settings);
  expect([code, out]).toEqual([0, expect.stringContaining('0 failures, 3 warnings.')]);
  expect(out).toMatch(/ok {4}seals +events are sealed with key [0-9a-f]{16} of .*seal\.key/);
  const [key = ''] = await sealKeysIn(world.dataDir);
  expect(key).toHaveLength(44);
  expect(out).not.toContain(key);
});
