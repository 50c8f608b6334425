import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { drawTrace } from '../support/browser/trace-picture.ts';
import { type Collector, type Span, startCollector } from '../support/processes/otlp-collector.ts';
import { sendRaw } from '../support/teams/raw-activity.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  shows,
  submit,
  type,
  typeAll,
} from '../support/world/story.ts';
import { startWorld, testOverrides, type World } from '../support/world/world.ts';

/** What a collector of OpenTelemetry gets to see, and what becomes of the bot when it sees nothing. */

const said = 'Own keys before the audit of the maternity ward';

let world: World;
let collector: Collector;

beforeAll(async () => {
  collector = await startCollector();
  world = await startWorld({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...testOverrides({ metricsEveryMs: 1_000 }),
      OTEL_SERVICE_NAME: 'keys',
    },
  });
});
afterAll(async () => {
  await world?.end();
  await collector?.stop();
});

/** Looks again and again until something is found. */
async function until<T>(what: string, look: () => T | null | undefined): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
    const found = look();
    if (found !== null && found !== undefined) return found;
  }
  throw new Error(`${what}: it did not come`);
}

const requestOf = (span: Span): unknown => span.attributes['cmk.request.id'];

describe('a request from the click to its end', () => {
  let id = '';
  let trace: readonly Span[] = [];
  const named = (name: string): Span => {
    const found = trace.find((span) => span.name === name);
    if (found === undefined) throw new Error(`no ${name} among ${trace.map((span) => span.name).join(', ')}`);
    return found;
  };
  const parentOf = ({ parentSpanId }: Span): Span | undefined => trace.find(({ spanId }) => spanId === parentSpanId);
  /** From the outermost to the span. */
  const pathTo = (span: Span): readonly string[] => {
    const parent = parentOf(span);
    return parent === undefined ? [span.name] : [...pathTo(parent), span.name];
  };

  beforeAll(async () => {
    id = await ask(world, choices.first, said);
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const run = await until('the run', () =>
      collector.spans().find((span) => span.name === 'run' && requestOf(span) === id),
    );
    trace = await until('its trace', () => {
      const all = collector.spans().filter(({ traceId }) => traceId === run.traceId);
      // A span is sent when it has ended, and cards are still updated after the run.
      const isThere = (wanted: string) => all.some(({ name }) => name === wanted);
      return ['turn adaptiveCard/action', 'check', 'show'].every(isThere) ? all : null;
    });
  });

  test('is one trace, although the run is started by what was stored', () => {
    const write = trace.find(
      (span) => span.name === 'PATCH healthBots' && pathTo(span).includes('step set-cmk') && span.kind === 3,
    );
    expect(write === undefined ? [] : pathTo(write)).toEqual([
      'turn adaptiveCard/action',
      'decision',
      'run',
      'step set-cmk',
      'PATCH healthBots',
    ]);
    expect(pathTo(named('check'))).toEqual(['turn adaptiveCard/action', 'decision', 'run', 'check']);
    expect(pathTo(named('show')).slice(0, 2)).toEqual(['turn adaptiveCard/action', 'decision']);
    const steps = new Set(trace.map(({ name }) => name).filter((name) => name.startsWith('step ')));
    expect([...steps].sort()).toEqual([
      'step enable-identity',
      'step grant-key-access',
      'step protect-vault',
      'step set-cmk',
      'step verify',
    ]);
  });

  test('names the request on everything from the decision on, and on the click', () => {
    expect(requestOf(named('turn adaptiveCard/action'))).toBe(id);
    const run = trace.filter((span) => pathTo(span).includes('run'));
    expect(run.length).toBeGreaterThan(20);
    expect(new Set(run.map(requestOf))).toEqual(new Set([id]));
  });

  test('says what was decided, called and answered, and who says so', () => {
    expect(named('turn adaptiveCard/action').attributes).toMatchObject({
      'cmk.activity.type': 'adaptiveCard/action',
      'cmk.conversation.type': 'channel',
      'http.response.status_code': 200,
    });
    const decisions = trace.filter(({ name }) => name === 'decision').map(({ attributes }) => attributes['cmk.events']);
    expect(decisions).toContainEqual(['approved', 'run-ordered']);
    expect(decisions.flat()).toContain('succeeded');
    const grant = named('PUT roleAssignments').attributes;
    expect(grant).toMatchObject({ 'http.request.method': 'PUT', 'http.response.status_code': 201 });
    expect(grant['url.template']).toBe(
      '/subscriptions/{id}/resourceGroups/{name}/providers/Microsoft.KeyVault/vaults/{name}/keys/{name}/providers/Microsoft.Authorization/roleAssignments/{id}',
    );
    expect(grant['azure.client_request_id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(collector.resources()[0]).toMatchObject({ 'service.name': 'keys', 'service.instance.id': 'local' });
  });

  test('tells nobody’s name or id, no words of theirs, and not what agents and keys are called', () => {
    const everything = collector.bodies.join('\n');
    for (const person of Object.values(people)) expect(everything).not.toContain(person);
    const { agent, key } = choices.first;
    for (const secret of [said, 'maternity', agent, key, 'Bearer', 'requester', '@thread'])
      expect(everything).not.toContain(secret);
  });

  test('is drawn', async () => {
    await drawTrace(`From the click to Azure: request ${id}`, trace, 'trace');
  });
});

describe('a line of the log', () => {
  test('is found beside the spans of what it tells of', async () => {
    const before = world.printed().length;
    const fault = { match: { method: 'POST', url: 'activities' }, respond: { status: 409, body: {} } };
    const form = await typeAll(world, choices.policies);
    await world.teams.call('POST', '/simulator/faults', fault);
    const id = await submit(world, form);
    const line = await until('a line', () =>
      world
        .printed()
        .slice(before)
        .split('\n')
        .find((one) => one.includes('work postponed') && one.includes(id)),
    );
    await world.teams.call('DELETE', '/simulator/faults');
    const { trace_id, span_id } = JSON.parse(line);
    const span = await until('its span', () => collector.spans().find(({ spanId }) => spanId === span_id));
    expect(span).toMatchObject({ traceId: trace_id, status: { code: 2 } });
    await approvalCard(world, id);
  });
});

describe('figures', () => {
  test('are those of /metrics, under the same names', async () => {
    const { body } = await sendRaw(world, '', { method: 'GET', path: '/metrics' });
    const types = new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind = '']) => [name, kind]));
    expect(types.size).toBeGreaterThan(10);
    const last = [...types.keys()].at(-1) ?? '';
    await until('figures', () => collector.metrics().get(last));
    const form = { counter: 'sum', gauge: 'gauge', histogram: 'histogram' };
    for (const [name, kind] of types) {
      expect([name, Object.keys(collector.metrics().get(name) ?? {})]).toEqual([
        name,
        expect.arrayContaining([form[kind as keyof typeof form]]),
      ]);
    }
    const open = await until('the request that waits', () => {
      const found = JSON.stringify(collector.metrics().get('cmk_requests_open'));
      return found.includes('"asDouble":1') ? found : null;
    });
    expect(open).toContain('awaiting-approval');
  });
});

describe('a collector', () => {
  test('that is not named is sent nothing', async () => {
    await world.restartBot('SIGINT', { OTEL_EXPORTER_OTLP_ENDPOINT: '' });
    const before = collector.bodies.length;
    await type(world, people.requester, '/cmk-help');
    await world.endBot('SIGINT');
    expect(collector.bodies.length).toBe(before);
    expect(
      world
        .printed()
        .split('\n')
        .filter((line) => line.includes('cmk-bot does not start')),
    ).toEqual([]);
  });

  test('that does not answer holds up no click and no end', async () => {
    await world.startBot();
    const hanging = collector.hang();
    const id = await ask(world, choices.test);
    await until('something to wait', () => (hanging.waiting() > 0 ? true : null));
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await world.endBot('SIGINT');
    expect(hanging.waiting()).toBeGreaterThan(0);
  });
});
