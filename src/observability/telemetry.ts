/** What is sent to a collector of OpenTelemetry, where one is named; else nothing is loaded, kept or sent. */
import type { Requests } from '../domain/ports/store.ts';
import { noTracing, type Tracing } from '../domain/ports/tracing.ts';

export interface TelemetryOptions {
  /** Where the collector takes OTLP over HTTP, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it; null: nothing is sent. */
  readonly endpoint: string | null;
  readonly serviceName: string;
  /** Of this program; told with everything. */
  readonly replica: string;
  readonly metricsEveryMs: number;
  /** Told when what is sent does not arrive. */
  readonly onTrouble: (message: string) => void;
}

/** One of the figures of `/metrics`, as Prometheus knows it. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Of a histogram also its buckets, sums and counts, told apart by `metricName` and the label `le`. */
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly metricName?: string;
  }[];
}

/** For a line of the log: by which it is found beside the spans. */
export type LineIds = { readonly trace_id: string; readonly span_id: string } | Record<string, never>;

export interface Telemetry {
  readonly tracing: Tracing;
  lineIds(): LineIds;
  /** Sends these every minute, or as often as is set, from now on. */
  sendFigures(figures: () => Promise<readonly Figure[]>): void;
  /** Sends what is left, and waits no longer than a moment for it. */
  stop(): Promise<void>;
}

export const noTelemetry: Telemetry = {
  tracing: noTracing,
  lineIds: () => ({}),
  sendFigures: () => undefined,
  stop: async () => undefined,
};

/** Decisions, told of as they are stored: what was decided in words of the program, and on which request. */
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
