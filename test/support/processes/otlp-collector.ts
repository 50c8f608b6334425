/** A collector of OpenTelemetry on this machine: takes OTLP over HTTP in JSON, and keeps it. */
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from './test-server.ts';

const Value = z.looseObject({
  arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string() })) }).optional(),
});
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .default([])
  .transform((all) =>
    Object.fromEntries(
      all.map(({ key, value: { arrayValue, ...one } }) => [
        key,
        arrayValue?.values.map(({ stringValue }) => stringValue) ?? Object.values(one)[0] ?? null,
      ]),
    ),
  );
const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: Attributes,
});
export type Span = z.infer<typeof Span>;

const Scope = z.object({ spans: z.array(Span) });
const Resource = z.object({ resource: z.object({ attributes: Attributes }), scopeSpans: z.array(Scope) });
const Traces = z.object({ resourceSpans: z.array(Resource) });
export type Collector = Awaited<ReturnType<typeof startCollector>>;

export async function startCollector() {
  /** Every body that came, word for word. */
  const bodies: string[] = [];
  const traces: z.infer<typeof Traces>[] = [];
  const waiting: ServerResponse[] = [];
  let hangs = false;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (hangs) return void waiting.push(response);
    bodies.push(body);
    if (request.url === '/v1/traces') traces.push(Traces.parse(JSON.parse(body)));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const { port, close } = await listen(server);
  const resources = () => traces.flatMap((one) => one.resourceSpans);
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    spans: (): readonly Span[] => resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    /** Of whom spans came: what is said of each resource. */
    resources: (): readonly Readonly<Record<string, unknown>>[] =>
      resources().map(({ resource }) => resource.attributes),
    /** From now on no call is answered; how many wait. */
    hang() {
      hangs = true;
      return { waiting: () => waiting.length };
    },
    stop: close,
  };
}
