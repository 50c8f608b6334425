/** Reads what Azure says in the body of an error, in each of the shapes its services use. */
import { z } from 'zod';
import type { Answer } from './exchange.ts';

/** What an answer says went wrong. */
export interface Complaint {
  /** The provider's code, word for word. */
  readonly code: string;
  /** Every code in the body, outermost first. */
  readonly codes: readonly string[];
  /** The provider's message, word for word. */
  readonly message: string;
}

interface ErrorNode {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly innererror?: ErrorNode | undefined;
  readonly details?: readonly ErrorNode[] | undefined;
}

const ErrorNode: z.ZodType<ErrorNode> = z.lazy(() =>
  z.object({
    code: z.string().optional().catch(undefined),
    message: z.string().optional().catch(undefined),
    innererror: ErrorNode.optional().catch(undefined),
    details: z.array(ErrorNode).optional().catch(undefined),
  }),
);

/** ARM, Graph and Key Vault wrap the error; a few resource providers do not. A failed operation has a status beside it. */
const ErrorBody = z.object({
  status: z.string().optional().catch(undefined),
  error: ErrorNode.optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const codesIn = (node: ErrorNode): readonly string[] => [
  ...(node.code === undefined ? [] : [node.code]),
  ...(node.innererror === undefined ? [] : codesIn(node.innererror)),
  ...(node.details ?? []).flatMap(codesIn),
];

/** Key Vault's data plane says `Forbidden` and keeps what happened in `innererror`: then that is the code to show. */
const saysNothing = new Set(['Forbidden', 'Conflict', 'BadRequest', 'BadParameter']);
const codeOf = (node: ErrorNode): string | undefined =>
  node.innererror?.code !== undefined && saysNothing.has(node.code ?? '') ? node.innererror.code : node.code;

const longestBody = 2000;

const complaint = (node: ErrorNode, fallbackCode: string, body: string): Complaint => ({
  code: codeOf(node) ?? fallbackCode,
  codes: codesIn(node),
  message: node.message ?? body.slice(0, longestBody),
});

/** Whether an answer of a polled operation says that it ended badly. Only the operation's own words, not a resource's. */
const endedBadly = (status: string | undefined): boolean => status !== undefined && /fail|cancell?ed/i.test(status);

/**
 * What the answer complains of; null when it does not. An error without a readable body gets the code `Http<status>` and
 * its text; a failed operation without an error keeps its status as the code.
 */
export function complaintOf(answer: Answer): Complaint | null {
  const body = ErrorBody.safeParse(parsed(answer.body));
  if (answer.status < 400) {
    if (!body.success || answer.method !== 'GET' || !endedBadly(body.data.status)) return null;
    return complaint(body.data.error ?? {}, body.data.status ?? '', answer.body);
  }
  const fallback = `Http${answer.status}`;
  if (!body.success) return complaint({}, fallback, answer.body);
  return complaint(body.data.error ?? body.data, fallback, answer.body);
}
