import { readFileSync } from 'node:fs';
import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { WitnessSummary } from '../../../src/domain/witnessing.ts';
import { errorInLog, withoutSecrets } from '../../../src/observability/log.ts';
import { openMetrics } from '../../../src/observability/metrics.ts';
import { tracingPort } from '../../../src/observability/tracing-port.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';
import { memoryRequests } from '../../support/builders/memory-requests.ts';
import { noon } from '../../support/builders/plans.ts';

const token = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`;
const words = 'Because Nurse Adams asked for it';

function restError(): RestError {
  const headers = createHttpHeaders({ authorization: `Bearer ${token}`, 'x-ms-client-request-id': 'r-1' });
  const request = createPipelineRequest({ url: 'https://management.azure.com/x', headers, body: words });
  const response = {
    request,
    status: 403,
    headers: createHttpHeaders({ 'x-ms-request-id': 'r-2' }),
    bodyAsText: JSON.stringify({ error: { code: 'Forbidden', words } }),
  };
  const error = new RestError('not allowed', { code: 'Forbidden', statusCode: 403, request, response });
  error.details = { words };
  return error;
}

const everything = (logged: unknown): string => JSON.stringify(logged);

describe('an error in the log', () => {
  it('of an Azure client keeps status, code and the ids of the call, and nothing that was sent or answered', () => {
    const logged = errorInLog(restError());
    expect(logged).toMatchObject({
      type: 'RestError',
      message: 'not allowed',
      code: 'Forbidden',
      status: 403,
      requestIds: ['r-1', 'r-2'],
    });
    expect(everything(logged)).not.toMatch(new RegExp(`${words}|${token.slice(0, 12)}|Bearer`));
  });

  it('of a database keeps the constraint and none of the values', () => {
    const error = Object.assign(new Error('duplicate key value violates unique constraint "one_open"'), {
      code: '23505',
      constraint: 'one_open',
      detail: `Failing row contains (${words})`,
      query: 'insert into free_text values ($1)',
      params: [words],
    });
    expect(errorInLog(error)).toMatchObject({ code: '23505', constraint: 'one_open' });
    expect(everything(errorInLog(error))).not.toContain(words);
  });
});

it.each([
  [`Authorization: Bearer ${token}`, 'Authorization: Bearer …'],
  [`got ${token} back`, 'got token … back'],
  ['postgresql://bot:pa55word@db:5432/cmk', 'postgresql://bot:…@db:5432/cmk'],
  ['https://login.example/x?sig=abc%2F&se=1', 'https://login.example/x?sig=…&se=1'],
  ['nothing secret: eyJ, Bearer of news', 'nothing secret: eyJ, Bearer …news'],
])('a text in the log: %s', (text, clean) => expect(withoutSecrets(text)).toBe(clean.replace('…news', '… news')));

const minutes = (count: number): number => count * 60_000;

/** The metrics of a bot with an empty database. `pass` moves the time. */
function opened(
  watchMs: number | null = minutes(10),
  publishMs: number | null = minutes(1),
  documents = memoryDocuments(),
  witnessing: (() => Promise<WitnessSummary>) | null = null,
) {
  let ms = noon.getTime();
  const now = () => new Date(ms);
  const metrics = openMetrics({
    requests: memoryRequests(now),
    jobs: { oldestDue: async () => null, mostAttempts: async () => 12, orphans: () => 2 },
    drifts: { open: async () => new Map() },
    documents,
    clock: { look: async () => null },
    storing: {
      counts: () => ({ 'read-only': 0, 'disk-full': 0, 'not-allowed': 0, 'server-trouble': 0 }),
      isWritable: () => true,
    },
    refusedDocuments: { 'seal-key-unknown': 0, 'seal-differs': 0 },
    witnessing,
    watchMs,
    publishMs,
    now,
  });
  const value = async (series: string) =>
    (await metrics.text())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1];
  const pass = (passedMs: number): void => {
    ms += passedMs;
  };
  return { metrics, value, pass };
}

it('the page of metrics has every series at the start whose growth an alert counts', async () => {
  const rules = readFileSync(new URL('../../../infra/alerts.prometheus.yaml', import.meta.url), 'utf8');
  const counted = [...rules.matchAll(/increase\((\w+)\{(\w+)(=~|!~|=|!=)"([^"]+)"\}/g)];
  const lines = (await opened().metrics.text()).split('\n');
  const lost = counted.flatMap(([, metric = '', label = '', operator = '', words = '']) => {
    const series = lines.filter((line) => line.startsWith(`${metric}{`) && line.endsWith(' 0'));
    const has = (word: string): boolean => series.some((line) => line.includes(`${label}="${word}"`));
    const isExcluding = operator.startsWith('!');
    return words.split('|').filter((word) => !has(word) || (isExcluding && series.length <= words.split('|').length));
  });
  expect(counted.length).toBeGreaterThan(4);
  expect(lost).toEqual([]);
});

it('the key watch is overdue three intervals after the last whole cycle, although another has ended here', async () => {
  const { metrics, value, pass } = opened();
  await metrics.watching.done();
  pass(minutes(60));
  metrics.watched([]);
  expect(await value('cmk_watch_overdue_seconds')).toBe('1800');
});

it('publishing is overdue since the last success of any replica, also after a restart', async () => {
  const documents = memoryDocuments();
  const replica = () => opened(null, minutes(1), documents);
  const series = 'cmk_publish_overdue_seconds';
  const first = replica();
  const second = replica();
  expect(await first.value(series)).toBe('0');
  for (const one of [first, second]) one.pass(minutes(61));
  const restarted = replica();
  restarted.pass(minutes(61));
  expect(await restarted.value(series)).toBe('3600');
  await second.metrics.publishing.done();
  for (const one of [first, second, restarted]) expect(await one.value(series)).toBe('0');
});

/** A whole run is one trace, named after its request: test/long/telemetry.test.ts. */
function openTracing() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const found = (name: string) => {
    const span = exporter.getFinishedSpans().find((one) => one.name === name);
    if (span === undefined) throw new Error(`there is no span ${name}`);
    return span;
  };
  return { ...tracingPort(provider.getTracer('test')), found };
}

it('tracing what fails is thrown on, and told by its class alone: its words hold what was asked', async () => {
  const { tracing, found } = openTracing();
  const failed = tracing.span({ name: 'call' }, async () => Promise.reject(new TypeError('Nurse Adams said so')));
  await expect(failed).rejects.toThrow('Nurse Adams said so');
  const { status, attributes, events } = found('call');
  expect({ status, attributes, events }).toEqual({
    status: { code: 2 },
    attributes: { 'error.type': 'TypeError' },
    events: [],
  });
});
