/** The tracing port over an OpenTelemetry tracer. The current span follows the async call chain. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Note, SpanAttributes, SpanOf, TraceOrigin } from '../domain/ports/telemetry.ts';
import type { Telemetry } from './telemetry.ts';

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
