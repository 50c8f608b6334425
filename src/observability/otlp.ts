/**
 * Exports spans and metrics to a collector as OTLP over HTTP, in JSON. The libraries' own variables (headers, timeouts,
 * certificates, resource attributes) apply. Nothing is registered globally, so instrumentation inside other libraries stays
 * inactive.
 */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { metricsAsOtel } from './metrics-as-otel.ts';
import type { MetricSnapshot, Telemetry, TelemetryOptions } from './telemetry.ts';
import { tracingPort } from './tracing-port.ts';

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
