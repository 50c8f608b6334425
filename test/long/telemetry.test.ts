import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Collector, type Span, startCollector } from '../support/processes/otlp-collector.ts';
import { approvalCard, approve, ask, choices, people, places, shows, until } from '../support/world/story.ts';
import { startWorld, testOverrides, type World } from '../support/world/world.ts';

/** What a collector of OpenTelemetry gets to see of a request, and what becomes of the bot when it doesn't answer. */

const said = 'Own keys before the audit of the maternity ward';

let world: World;
let collector: Collector;
let id = '';
let trace: readonly Span[] = [];

beforeAll(async () => {
  collector = await startCollector();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'keys',
    ...testOverrides({ metricsEveryMs: 1_000 }),
  };
  world = await startWorld({ env });
  id = await ask(world, choices.first, said);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  const isRun = (span: Span) => span.name === 'run' && span.attributes['cmk.request.id'] === id;
  await until(async () => {
    const run = collector.spans().find(isRun);
    trace = collector.spans().filter(({ traceId }) => traceId === run?.traceId);
    // A span is sent when it has ended, and cards are still updated after the run.
    return ['turn adaptiveCard/action', 'check', 'show'].every((wanted) => trace.some(({ name }) => name === wanted));
  }, 'the trace of the run');
});
afterAll(async () => {
  await world?.end();
  await collector?.stop();
});

/** From the outermost to the span. */
function pathTo(span: Span): readonly string[] {
  const parent = trace.find(({ spanId }) => spanId === span.parentSpanId);
  return parent === undefined ? [span.name] : [...pathTo(parent), span.name];
}

test('a request is one trace from the click to the writes in Azure, although its run is started by what was stored', async () => {
  const ways = trace.map((span) => pathTo(span).join(' > '));
  for (const way of [
    'turn adaptiveCard/action > decision > run > step set-cmk',
    'turn adaptiveCard/action > decision > run > check',
    'turn adaptiveCard/action > decision > show',
  ])
    expect(ways.filter((one) => one.startsWith(way))).not.toEqual([]);
  expect(ways.filter((one) => /> step set-cmk.*> PATCH healthBots$/.test(one))).not.toEqual([]);
  const ofRun = trace.filter((span) => pathTo(span).includes('run'));
  expect(new Set(ofRun.map(({ attributes }) => attributes['cmk.request.id']))).toEqual(new Set([id]));
  const grant = trace.find(({ name }) => name === 'PUT roleAssignments')?.attributes ?? {};
  expect(grant).toMatchObject({ 'http.request.method': 'PUT', 'http.response.status_code': 201 });
  expect(grant['url.template']).toBe(
    '/subscriptions/{id}/resourceGroups/{name}/providers/Microsoft.KeyVault/vaults/{name}/keys/{name}/providers/Microsoft.Authorization/roleAssignments/{id}',
  );
  expect(collector.resources()[0]).toMatchObject({ 'service.name': 'keys', 'service.instance.id': 'local' });
});

test('it tells nobody’s name or id, no words of theirs, and not what agents and keys are called', () => {
  const everything = collector.bodies.join('\n');
  const { agent, key } = choices.first;
  for (const secret of [...Object.values(people), said, 'maternity', agent, key, 'Bearer', 'requester', '@thread'])
    expect(everything).not.toContain(secret);
});

test('a collector that does not answer holds up no click and no end', async () => {
  const hanging = collector.hang();
  const next = await ask(world, choices.test);
  await until(async () => hanging.waiting() > 0, 'something to wait');
  await approve(world, people.approver, await approvalCard(world, next));
  await shows(world, places.operations, people.requester, next, /Succeeded/);
  await world.endBot('SIGINT');
  expect(hanging.waiting()).toBeGreaterThan(0);
});
