import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { tracingPort } from '../../../src/observability/otlp.ts';

/** A whole run is one trace, named after its request: test/long/telemetry.test.ts. */
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
