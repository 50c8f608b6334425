import { SpanKind } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { tracingPort } from '../../../src/observability/tracing-port.ts';

function opened() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const found = (name: string) => {
    const span = exporter.getFinishedSpans().find((one) => one.name === name);
    if (span === undefined) throw new Error(`there is no span ${name}`);
    return span;
  };
  return { ...tracingPort(provider.getTracer('test')), found };
}

const nothing = async (): Promise<void> => undefined;
const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

describe('what goes on from something earlier', () => {
  it('belongs to it, on another replica too', async () => {
    const { tracing, found } = opened();
    await tracing.span({ name: 'run', from: { traceparent, late: false } }, nothing);
    expect(found('run').spanContext().traceId).toBe(traceId);
    expect(found('run').parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(found('run').links).toEqual([]);
  });

  it('is a trace of its own that points at it where much time lies between', async () => {
    const { tracing, found } = opened();
    await tracing.span({ name: 'run', from: { traceparent, late: true } }, nothing);
    expect(found('run').spanContext().traceId).not.toBe(traceId);
    expect(found('run').parentSpanContext).toBeUndefined();
    expect(found('run').links).toMatchObject([{ context: { traceId, spanId: 'b7ad6b7169203331' } }]);
  });

  it.each(['', 'x', `00-${traceId}-b7ad6b7169203331`, `00-${traceId.toUpperCase()}-b7ad6b7169203331-01`])(
    'stands alone where what was kept is no such thing: %j',
    async (kept) => {
      const { tracing, found } = opened();
      await tracing.span({ name: 'run', from: { traceparent: kept, late: false } }, nothing);
      expect(found('run').parentSpanContext).toBeUndefined();
    },
  );

  it('can be kept: what is under way says where it is', async () => {
    const { tracing, lineIds, found } = opened();
    expect([tracing.current(), lineIds()]).toEqual([null, {}]);
    let kept: string | null = '';
    await tracing.span({ name: 'outer' }, async () => {
      await tracing.span({ name: 'decision', kind: 'server' }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        kept = tracing.current();
      });
    });
    const { traceId: trace, spanId } = found('decision').spanContext();
    expect(kept).toBe(`00-${trace}-${spanId}-01`);
    expect(found('decision')).toMatchObject({ kind: SpanKind.SERVER });
    expect(found('decision').parentSpanContext?.spanId).toBe(found('outer').spanContext().spanId);
  });
});

it('the request that something is about is named on what happens within, and on what it happens in', async () => {
  const { tracing, found } = opened();
  const attributes = { 'cmk.request.id': 'CMK-7F3K9Q' };
  await tracing.span({ name: 'turn' }, async () => {
    await tracing.span({ name: 'before' }, nothing);
    await tracing.span({ name: 'decision', attributes }, () => tracing.span({ name: 'call' }, nothing));
  });
  for (const name of ['turn', 'decision', 'call']) expect(found(name).attributes).toEqual(attributes);
  expect(found('before').attributes).toEqual({});
});

it('what fails is thrown on, and told by its class alone: its words hold what was asked', async () => {
  const { tracing, found } = opened();
  const failed = tracing.span({ name: 'call' }, async () => Promise.reject(new TypeError('Nurse Adams said so')));
  await expect(failed).rejects.toThrow('Nurse Adams said so');
  const { status, attributes, events } = found('call');
  expect({ status, attributes, events }).toEqual({
    status: { code: 2 },
    attributes: { 'error.type': 'TypeError' },
    events: [],
  });
});
