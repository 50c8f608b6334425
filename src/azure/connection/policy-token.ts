/**
 * Policy tokens (Azure Policy external evaluation). Azure refuses a write with 403 and `missingPolicyTokenDetails`. A token is then
 * acquired for exactly these bytes, and the write is sent once more with it. The token is only in that request's header: nothing
 * stores or logs it. Shapes: acquirePolicyToken 2025-11-01, and Microsoft's own clients. Not run against Azure.
 */
import {
  createHttpHeaders,
  createPipelineRequest,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  type SendRequest,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { attemptCalls, jsonIn } from './exchange.ts';

const header = 'x-ms-policy-external-evaluations';
const path = '/providers/Microsoft.Authorization/acquirePolicyToken?api-version=2025-11-01';

const Missing = z.object({ shouldDeny: z.boolean() });
const Violation = z.object({
  info: z.union([
    z.object({ evaluationDetails: z.object({ missingPolicyTokenDetails: Missing }) }),
    z.object({ missingPolicyTokenDetails: Missing }),
  ]),
});
const Refusal = z.object({
  error: z.looseObject({
    code: z.literal('RequestDisallowedByPolicy'),
    message: z.string().default(''),
    additionalInfo: z.array(z.unknown()),
  }),
});
type Refusal = z.infer<typeof Refusal>;

const Acquired = z.object({
  token: z.string().min(1).nullish(),
  message: z.string().nullish(),
  results: z.array(z.object({ message: z.string().nullish() })).nullish(),
});

/** The refusal, where a token is what is missing. */
function missingToken({ status, bodyAsText }: PipelineResponse): Refusal | null {
  const refusal = status === 403 ? Refusal.safeParse(jsonIn(bodyAsText ?? '')).data : undefined;
  return refusal?.error.additionalInfo.some((one) => Violation.safeParse(one).success) === true ? refusal : null;
}

/** The body stands in the question as it is: Azure compares its bytes. */
const questionAbout = ({ url, method, body }: PipelineRequest): string => {
  const asked = { uri: url, httpMethod: method };
  const operation =
    typeof body === 'string' ? `${JSON.stringify(asked).slice(0, -1)},"content":${body}}` : JSON.stringify(asked);
  const reference = attemptCalls()?.changeReference ?? null;
  return `{"operation":${operation}${reference === null ? '' : `,"changeReference":${JSON.stringify(reference)}`}}`;
};

function acquire(request: PipelineRequest, subscription: string, next: SendRequest): Promise<PipelineResponse> {
  const headers = createHttpHeaders({ 'content-type': 'application/json', accept: 'application/json' });
  for (const name of ['authorization', 'user-agent', 'x-ms-client-request-id']) {
    const value = request.headers.get(name);
    if (value !== undefined) headers.set(name, value);
  }
  const { timeout, abortSignal, agent, tlsSettings } = request;
  const url = `${new URL(request.url).origin}/subscriptions/${subscription}${path}`;
  const question = createPipelineRequest({ url, method: 'POST', headers, body: questionAbout(request), timeout });
  if (abortSignal !== undefined) question.abortSignal = abortSignal;
  if (agent !== undefined) question.agent = agent;
  // The SDK's own constructor leaves it out.
  if (tlsSettings !== undefined) question.tlsSettings = tlsSettings;
  return next(question);
}

/** Azure's refusal of the write, with the words of the policies that gave no token. */
function refused(response: PipelineResponse, { error }: Refusal, { message, results }: z.infer<typeof Acquired>) {
  const words = [message, ...(results ?? []).map((one) => one.message)].filter((one) => one);
  const body = { error: { ...error, message: [error.message, ...new Set(words)].join('\n') } };
  return { ...response, bodyAsText: JSON.stringify(body) };
}

/** Goes right before the wire: what stands before it only sees the last answer. */
export const acquirePolicyTokens: PipelinePolicy = {
  name: 'cmkPolicyToken',
  async sendRequest(request, next) {
    const response = await next(request);
    const subscription = /^\/subscriptions\/([0-9a-f-]{36})\//i.exec(new URL(request.url).pathname)?.[1];
    const refusal = request.method === 'GET' ? null : missingToken(response);
    const isText = request.body === undefined || request.body === null || typeof request.body === 'string';
    if (refusal === null || subscription === undefined || !isText) return response;
    const answer = await acquire(request, subscription, next);
    // The write itself was refused: whatever kept the token away is answered in its place.
    if (answer.status !== 200) return { ...answer, request };
    const acquired = Acquired.safeParse(jsonIn(answer.bodyAsText ?? '')).data ?? {};
    if (!acquired.token) return refused(response, refusal, acquired);
    request.headers.set(header, acquired.token);
    try {
      return await next(request);
    } finally {
      request.headers.delete(header);
    }
  },
};
