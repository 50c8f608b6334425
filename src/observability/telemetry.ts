/** Telemetry for an OpenTelemetry collector. Without one, nothing is loaded, stored or sent. */
import type { Requests } from '../domain/ports/store.ts';
import { noTracing, type Tracing } from '../domain/ports/telemetry.ts';

export interface TelemetryOptions {
  /** OTLP/HTTP endpoint, as in `OTEL_EXPORTER_OTLP_ENDPOINT`. Null: nothing is sent. */
  readonly endpoint: string | null;
  readonly serviceName: string;
  readonly replica: string;
  readonly metricsEveryMs: number;
  readonly onTrouble: (message: string) => void;
}

/** A metric of `/metrics`, in Prometheus terms. */
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** For a histogram also its buckets, sums and counts, distinguished by `metricName` and the label `le`. */
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly metricName?: string;
  }[];
}

/** IDs in an application log line that link it to its span. */
type LineIds = { readonly trace_id: string; readonly span_id: string } | Record<string, never>;

export interface Telemetry {
  readonly tracing: Tracing;
  lineIds(): LineIds;
  /** Starts exporting these metrics at the configured interval. Default: every minute. */
  exportMetrics(figures: () => Promise<readonly MetricSnapshot[]>): void;
  stop(): Promise<void>;
}

export const noTelemetry: Telemetry = {
  tracing: noTracing,
  lineIds: () => ({}),
  exportMetrics: () => undefined,
  stop: async () => undefined,
};

/** Wraps the port with a span per decision: its result and the request's ID. */
export const tracedRequests = (requests: Requests, tracing: Tracing): Requests => ({
  ...requests,
  append: (id, cause, decide) =>
    tracing.span({ name: 'decision', attributes: { 'cmk.request.id': id } }, async (note) => {
      const answer = await requests.append(id, cause, decide);
      if (answer.kind === 'refused') note({ 'cmk.decision': 'refused', 'cmk.refusal': answer.code });
      else {
        note({
          'cmk.decision': answer.replay ? 'as before' : 'accepted',
          'cmk.events': answer.events.map(({ body }) => body.type),
          'cmk.request.state': answer.request.state,
        });
      }
      return answer;
    }),
});
