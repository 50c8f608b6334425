/**
 * Spans and figures, sent to a collector as OTLP over HTTP, in JSON. The libraries' own variables (headers, time limits,
 * certificates, resource attributes) hold. Nothing here is registered globally: libraries that would tell of themselves find nobody.
 */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { figuresAsOtel } from './figures-as-otel.ts';
import type { Figure, Telemetry, TelemetryOptions } from './telemetry.ts';
import { tracingOver } from './tracing-over.ts';

/** A collector that is down must not hold up the end of the process. */
const partingMs = 2_000;
const sendEveryMs = 1_000;
/** What does not arrive is said now and then, not as often as it is tried. */
const troubleEveryMs = 60_000;

/** Throws where the environment has a resource attribute that cannot be read. */
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
  const { tracing, lineIds } = tracingOver(provider.getTracer('cmk-bot'));
  const meters: MeterProvider[] = [];
  return {
    tracing,
    lineIds,
    sendFigures(figures: () => Promise<readonly Figure[]>) {
      const reader = new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: options.metricsEveryMs,
        exportTimeoutMillis: Math.min(options.metricsEveryMs, 10_000),
        metricProducers: [figuresAsOtel(figures, resource)],
      });
      meters.push(new MeterProvider({ resource, readers: [reader] }));
    },
    stop: async () => {
      await inTime(Promise.all([provider.shutdown(), ...meters.map((meter) => meter.shutdown())]));
    },
  };
}
