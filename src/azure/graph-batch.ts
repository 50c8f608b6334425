/**
 * JSON batching of Microsoft Graph, as "Combine multiple HTTP requests using JSON batching" and "Throttling and batching"
 * (learn.microsoft.com/graph/json-batching, /graph/throttling) have it:
 *
 * - POST to `$batch` below the version; at most 20 requests, whose addresses begin behind the version.
 * - Each has an `id`, a string, unique in the batch, case aside. Answers come in any order: the id alone says whose each is.
 *   Microsoft's client for .NET makes UUIDs of them. Here it is the one question's own, so that no answer to another question, of
 *   whatever batch, can be taken for it.
 * - Where there is a body there must be a `Content-Type`, once in these letters alone (microsoft-graph-docs issue 1988).
 * - A batch that can be read is 200, whatever became of its parts: each has a status, headers and a body of its own. (That a
 *   batch with a throttled part is 424 was a mistake of the page: microsoft-graph-docs-contrib issue 8883.)
 * - Throttling counts and refuses each part by itself: 429 with its own `Retry-After`. Only what failed is to be sent again.
 * - The examples show a `request-id` in the bodies of errors, and none in the headers of parts: there it is the whole's.
 */
import { createHttpHeaders, type PipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { z } from 'zod';

export const mostParts = 20;

/** One question as it would be sent alone, but for its body. */
export interface Part {
  readonly request: PipelineRequest;
  /** Behind the version. */
  readonly path: string;
  readonly body: unknown;
}

/** What came back for one part. */
export interface Told {
  readonly response: PipelineResponse;
  /** Else there is no answer to this part, and the response is the whole batch's. */
  readonly isOwn: boolean;
}

const clientId = 'x-ms-client-request-id';
const idOf = ({ request }: Part): string => request.headers.get(clientId) ?? request.requestId;

export const batchOf = (parts: readonly Part[]): string =>
  JSON.stringify({
    requests: parts.map((part) => {
      const [id, typed] = [idOf(part), part.body === undefined ? {} : { 'Content-Type': 'application/json' }];
      return {
        id,
        method: part.request.method,
        url: part.path,
        headers: { [clientId]: id, ...typed },
        body: part.body,
      };
    }),
  });

const Answer = z.object({
  id: z.string().toLowerCase(),
  status: z.int().min(100).max(599),
  headers: z.record(z.string(), z.coerce.string()).nullish(),
  body: z.unknown().optional(),
});
type Answer = z.infer<typeof Answer>;
const Answers = z.object({ responses: z.array(Answer.nullable().catch(null)) });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** By id. One that is answered twice has no answer, for nobody knows which it is. Null: this is not what answers a batch. */
function answersIn({ status, bodyAsText }: PipelineResponse): ReadonlyMap<string, Answer> | null {
  const read = status === 200 ? Answers.safeParse(parsed(bodyAsText ?? '')) : null;
  if (!read?.success) return null;
  const answers = new Map<string, Answer>();
  const twice = new Set<string>();
  for (const answer of read.data.responses) {
    if (answer === null) continue;
    if (answers.has(answer.id)) twice.add(answer.id);
    answers.set(answer.id, answer);
  }
  for (const id of twice) answers.delete(id);
  return answers;
}

/** What the whole knows of each part: when it was answered, and the ids under which Azure keeps it. */
const fromWhole = ['date', 'x-ms-correlation-request-id', 'x-ms-request-id', 'request-id'];

function ownResponse({ request }: Part, answer: Answer, whole: PipelineResponse): PipelineResponse {
  const headers = createHttpHeaders(answer.headers ?? {});
  for (const name of fromWhole) {
    const value = whole.headers.get(name);
    if (value !== undefined && !headers.has(name)) headers.set(name, value);
  }
  const { status, body } = answer;
  const bodyAsText = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  return { request, status, headers, bodyAsText };
}

/** For each part what it would have been told alone: its own answer, or what befell the whole. */
export function toldOf(parts: readonly Part[], whole: PipelineResponse): readonly Told[] {
  const answers = answersIn(whole);
  // What others were told is nobody else's business.
  const bodyAsText = answers === null ? (whole.bodyAsText ?? '') : '';
  return parts.map((part) => {
    const answer = answers?.get(idOf(part).toLowerCase());
    if (answer !== undefined) return { response: ownResponse(part, answer, whole), isOwn: true };
    return { response: { ...whole, request: part.request, bodyAsText }, isOwn: false };
  });
}
