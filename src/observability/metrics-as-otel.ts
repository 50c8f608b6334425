/** Metrics of Prometheus in the form of OpenTelemetry. */
import { type HrTime, ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricSnapshot } from './telemetry.ts';

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
