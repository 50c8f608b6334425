/**
 * Exports spans and metrics to a collector as OTLP over HTTP, in JSON. The libraries' own variables (headers, timeouts,
 * certificates, resource attributes) apply. Nothing is registered globally, so instrumentation inside other libraries stays
 * inactive.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  DiagLogLevel,
  diag,
  type HrTime,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
  ValueType,
} from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Note, SpanAttributes, SpanOf, TraceOrigin } from '../domain/ports/telemetry.ts';
import type { MetricSnapshot, Telemetry, TelemetryOptions } from './telemetry.ts';

// The tracing port over an OpenTelemetry tracer. The current span follows the async call chain.

interface Scope {
  readonly context: Context;
  readonly spans: readonly Span[];
  readonly requestId: string | null;
}

const nothing: Scope = { context: ROOT_CONTEXT, spans: [], requestId: null };
const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;
const requestKey = 'cmk.request.id';

const asAttributes = (given: SpanAttributes): Attributes =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
  );

function spanContextOf({ traceparent }: TraceOrigin): SpanContext | null {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function placeOf(from: TraceOrigin | null, scope: Scope): { readonly scope: Scope; readonly links: Link[] } {
  const origin = from === null ? null : spanContextOf(from);
  if (origin === null) return { scope, links: [] };
  if (from?.late) return { scope: nothing, links: [{ context: origin }] };
  return { scope: { ...nothing, context: trace.setSpanContext(ROOT_CONTEXT, origin) }, links: [] };
}

function markRequest(span: Span, { spans }: Scope, id: string | null): void {
  if (id === null) return;
  for (const one of [span, ...spans]) one.setAttribute(requestKey, id);
}

const noteOn =
  (span: Span): Note =>
  (attributes) => {
    span.setAttributes(asAttributes(attributes));
    if ('error.type' in attributes) span.setStatus({ code: SpanStatusCode.ERROR });
  };

/** Returns the error's class only, because its message can contain data. */
const classOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

export function tracingPort(tracer: Tracer): Pick<Telemetry, 'tracing' | 'lineIds'> {
  const underWay = new AsyncLocalStorage<Scope>();
  const innermost = (): SpanContext | null => underWay.getStore()?.spans.at(-1)?.spanContext() ?? null;

  async function span<T>(of: SpanOf, work: (note: Note) => Promise<T>): Promise<T> {
    const { scope, links } = placeOf(of.from ?? null, underWay.getStore() ?? nothing);
    const { [requestKey]: own, ...attributes } = of.attributes ?? {};
    const kind = of.kind === undefined ? SpanKind.INTERNAL : kinds[of.kind];
    const begun = tracer.startSpan(of.name, { kind, attributes: asAttributes(attributes), links }, scope.context);
    const requestId = typeof own === 'string' ? own : scope.requestId;
    markRequest(begun, scope, requestId);
    const inner = { context: trace.setSpan(scope.context, begun), spans: [...scope.spans, begun], requestId };
    const note = noteOn(begun);
    try {
      return await underWay.run(inner, () => work(note));
    } catch (error) {
      note({ 'error.type': classOf(error) });
      throw error;
    } finally {
      begun.end();
    }
  }

  return {
    tracing: {
      span,
      current: () => {
        const now = innermost();
        if (now === null) return null;
        return `00-${now.traceId}-${now.spanId}-${now.traceFlags.toString(16).padStart(2, '0')}`;
      },
    },
    lineIds: () => {
      const now = innermost();
      return now === null ? {} : { trace_id: now.traceId, span_id: now.spanId };
    },
  };
}

/** Limit on the final export, so that an unavailable collector doesn't delay shutdown. */
const partingMs = 2_000;
const sendEveryMs = 1_000;
const troubleEveryMs = 60_000;

/** Throws if a resource attribute in the environment is invalid. */
function resourceOf({ serviceName, replica }: TelemetryOptions) {
  return detectResources({ detectors: [envDetector] }).merge(
    resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': replica }),
  );
}

function hearTrouble(onTrouble: (message: string) => void): void {
  let last = Number.NEGATIVE_INFINITY;
  const say = (message: string): void => {
    if (performance.now() - last < troubleEveryMs) return;
    last = performance.now();
    onTrouble(message);
  };
  const quiet = (): void => undefined;
  const logger = { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

const inTime = (work: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    work.catch(() => undefined),
    new Promise((resolve) => {
      setTimeout(resolve, partingMs).unref();
    }),
  ]);

export function startTelemetry(options: TelemetryOptions): Telemetry {
  hearTrouble(options.onTrouble);
  const resource = resourceOf(options);
  const spans = new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: sendEveryMs });
  const provider = new TracerProvider({ resource, spanProcessors: [spans] });
  const { tracing, lineIds } = tracingPort(provider.getTracer('cmk-bot'));
  const meters: MeterProvider[] = [];
  return {
    tracing,
    lineIds,
    exportMetrics(figures: () => Promise<readonly MetricSnapshot[]>) {
      const reader = new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: options.metricsEveryMs,
        exportTimeoutMillis: Math.min(options.metricsEveryMs, 10_000),
        metricProducers: [metricsAsOtel(figures, resource)],
      });
      meters.push(new MeterProvider({ resource, readers: [reader] }));
    },
    stop: async () => {
      await inTime(Promise.all([provider.shutdown(), ...meters.map((meter) => meter.shutdown())]));
    },
  };
}

type Value = MetricSnapshot['values'][number];
type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>;

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1_000_000)];

function bySeries(values: readonly Value[]): readonly (readonly Value[])[] {
  const series = new Map<string, Value[]>();
  for (const one of values) {
    const { le: _, ...labels } = one.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    series.set(key, [...(series.get(key) ?? []), one]);
  }
  return [...series.values()];
}

/** Prometheus buckets are cumulative, OTLP buckets aren't. */
function histogramPoint(name: string, values: readonly Value[], times: Times) {
  const buckets = values
    .filter(({ metricName }) => metricName === `${name}_bucket`)
    .map(({ labels, value }) => ({ le: labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le), value }))
    .sort((a, b) => a.le - b.le);
  const of = (part: string): number => values.find(({ metricName }) => metricName === `${name}_${part}`)?.value ?? 0;
  const { le: _, ...attributes } = values[0]?.labels ?? {};
  const counts = buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0));
  const boundaries = buckets.map(({ le }) => le).filter(Number.isFinite);
  return { ...times, attributes, value: { buckets: { boundaries, counts }, sum: of('sum'), count: of('count') } };
}

function metricOf({ name, help, type, values }: MetricSnapshot, times: Times): MetricData {
  const descriptor = { name, description: help, unit: '', valueType: ValueType.DOUBLE };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (type === 'histogram') {
    const dataPoints = bySeries(values).map((series) => histogramPoint(name, series, times));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = values.map(({ labels, value }): DataPoint<number> => ({ ...times, attributes: labels, value }));
  return type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

export function metricsAsOtel(figures: () => Promise<readonly MetricSnapshot[]>, resource: Resource): MetricProducer {
  const startTime = hrTime(Date.now());
  return {
    async collect() {
      const read = await figures();
      const times = { startTime, endTime: hrTime(Date.now()) };
      const scope = { name: 'cmk-bot' };
      const metrics = read.map((one) => metricOf(one, times));
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
    },
  };
}
