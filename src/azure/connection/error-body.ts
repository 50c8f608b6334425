/** Parses error bodies in the formats of Azure's services. */
import { z } from 'zod';
import type { Forbidding } from '../../domain/failure.ts';
import { type HttpAnswer, jsonIn, UnusableAnswer } from './exchange.ts';

const maxTitle = 200;
const maxExcerpt = 500;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

const plainText = (html: string): string =>
  html
    .replace(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<[^>]*>?/g, ' ')
    .replace(/&(#?\w{1,8});/g, (whole, name: string) => entities[name.toLowerCase()] ?? whole)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, maxTitle);

/** Returns the title of a web page, else its first heading, else its first words; null: not a web page. */
export function pageTitle(text: string): string | null {
  if (!/^\s*(<!doctype html|<html|<head|<body|<!--|<\?xml[^>]*>\s*<(!doctype )?html)/i.test(text)) return null;
  const start = text.slice(0, 20_000);
  const title = plainText(/<title[^>]*>([\s\S]*?)<\/title/i.exec(start)?.[1] ?? '');
  return (
    title ||
    plainText(/<h1[^>]*>([\s\S]*?)<\/h1/i.exec(start)?.[1] ?? '') ||
    plainText(start) ||
    'a web page without text'
  );
}

/** Returns whether the body is truncated JSON: another answer might be complete. */
export const isCutOff = (body: string): boolean => /^\s*[[{]/.test(body) && jsonIn(body) === undefined;

/**
 * Returns the message for a successful answer with an unexpected body. `reported`: the error that the body reports, if any.
 */
export function unreadableMessage(error: Error, body: string, reported: string | null): string {
  const why = error instanceof UnusableAnswer ? error.message : 'it doesn’t have the expected form';
  return `Azure’s answer couldn’t be read: ${why}. ${detailOf(body, reported)}`;
}

function detailOf(body: string, reported: string | null): string {
  if (body.trim() === '') return 'The answer was empty.';
  const title = pageTitle(body);
  if (title !== null) return `The answer was a web page: “${title}”`;
  return reported === null
    ? `The answer begins with: ${body.slice(0, maxExcerpt)}`
    : `The answer reports an error: ${reported}`;
}

export interface AzureError {
  /** The provider's code, word for word. */
  readonly code: string;
  readonly codes: readonly string[];
  /** The provider's message, word for word, limited to 4000 characters. */
  readonly message: string;
  /** Azure policies that deny the change, if the body names them. The newer form of the message doesn't. */
  readonly policies: readonly Forbidding[];
}

interface ErrorNode {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly innererror?: ErrorNode | undefined;
  readonly details?: readonly ErrorNode[] | undefined;
  readonly additionalInfo?: readonly (Forbidding | null)[] | undefined;
}

const maxCode = 200;
export const maxMessage = 4000;
const maxDetails = 20;
/** Maximum nesting. Real errors have three levels; deeper ones could exhaust the stack. */
const maxDepth = 8;

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);
const textOf = (length: number) =>
  z
    .string()
    .transform((text) => cut(text, length))
    .optional()
    .catch(undefined);

const shortText = textOf(maxCode);
/** A policy's display name, else its name. */
const PolicyViolation = z
  .object({
    type: z.literal('PolicyViolation'),
    info: z.object({
      policyDefinitionDisplayName: shortText,
      policyDefinitionName: shortText,
      policyAssignmentDisplayName: shortText,
      policyAssignmentName: shortText,
    }),
  })
  .transform(({ info }): Forbidding | null => {
    const policy = info.policyDefinitionDisplayName || info.policyDefinitionName;
    const assignment = info.policyAssignmentDisplayName || info.policyAssignmentName;
    return policy ? { policy, assignment: assignment || null } : null;
  });
/** The first of a list. Undefined where it isn't one. */
const someOf = <T>(one: z.ZodType<T>) =>
  z
    .unknown()
    .array()
    .transform((all) => all.slice(0, maxDetails))
    .pipe(one.array())
    .optional()
    .catch(undefined);

const nodeOf = (depth: number): z.ZodType<ErrorNode> => {
  const additionalInfo = someOf(PolicyViolation.nullable().catch(null));
  const own = { code: shortText, message: textOf(maxMessage), additionalInfo };
  if (depth === 0) return z.object(own);
  const inner = nodeOf(depth - 1);
  return z.object({ ...own, innererror: inner.optional().catch(undefined), details: someOf(inner) });
};
const ErrorNode = nodeOf(maxDepth);

/** ARM, Graph and Key Vault wrap the error; a few resource providers don't. A failed operation also has a status. */
const ErrorBody = z.object({
  status: shortText,
  error: ErrorNode.optional().catch(undefined),
  code: shortText,
  message: textOf(maxMessage),
});

const codesIn = (node: ErrorNode): readonly string[] => [
  ...(node.code === undefined ? [] : [node.code]),
  ...(node.innererror === undefined ? [] : codesIn(node.innererror)),
  ...(node.details ?? []).flatMap(codesIn),
];

const Named = z.object({ name: shortText });
/** The older form of the message ends with a JSON list of identifiers ("Policy identifiers: '[…]'"). */
const PolicyIdentifiers = z.array(
  z
    .object({ policyDefinition: Named, policyAssignment: Named.nullish() })
    .transform(({ policyDefinition: { name: policy }, policyAssignment }): Forbidding | null =>
      policy ? { policy, assignment: policyAssignment?.name || null } : null,
    ),
);

function policiesInMessage(message = ''): readonly Forbidding[] {
  const list = /Policy identifiers: '(\[.*\])'/s.exec(message)?.[1];
  const { data = [] } = PolicyIdentifiers.safeParse(jsonIn(list ?? ''));
  return data.filter((one) => one !== null).slice(0, maxDetails);
}

function policiesIn(node: ErrorNode): readonly Forbidding[] {
  const own = (node.additionalInfo ?? []).filter((one) => one !== null);
  return [...(own.length > 0 ? own : policiesInMessage(node.message)), ...(node.details ?? []).flatMap(policiesIn)];
}

/** Generic codes. Key Vault's data plane sends `Forbidden` and puts the actual code in `innererror`. */
const genericCodes = new Set(['Forbidden', 'Conflict', 'BadRequest', 'BadParameter']);
/**
 * Returns the details that name the actual error. Resource Graph sends `BadRequest`, or the code of its detail, with a message
 * for its support; the cause is in `details`.
 */
function specificDetails({ code = '', innererror, details = [] }: ErrorNode): readonly ErrorNode[] {
  const isGeneric = genericCodes.has(code) || details.some((detail) => detail.code === code);
  return isGeneric && innererror?.code === undefined ? details : [];
}
const codeOf = (node: ErrorNode): string | undefined => {
  const inner = genericCodes.has(node.code ?? '') ? node.innererror?.code : undefined;
  return inner ?? specificDetails(node)[0]?.code ?? node.code;
};

/** Returns the innermost error. Log Analytics sends `BadArgumentError` and puts the cause of a bad query there. */
const innermostError = (node: ErrorNode): readonly ErrorNode[] => {
  if (node.code !== 'BadArgumentError') return [];
  let { innererror } = node;
  while (innererror?.innererror !== undefined) innererror = innererror.innererror;
  return innererror === undefined ? [] : [innererror];
};

const messageOf = (node: ErrorNode): string | undefined => {
  const all = [...specificDetails(node), ...innermostError(node), node]
    .map(({ message }) => message)
    .filter((message) => message !== undefined);
  return all.length === 0 ? undefined : cut(all.join('\n'), maxMessage);
};

const maxBody = 2000;

const toAzureError = (node: ErrorNode, fallbackCode: string, body: string): AzureError => ({
  code: codeOf(node) ?? fallbackCode,
  codes: codesIn(node),
  message: messageOf(node) ?? pageTitle(body) ?? body.slice(0, maxBody),
  policies: policiesIn(node),
});

/** Returns whether the status of a polled operation means failure. Only for an operation's own status, not a resource's. */
const isFailedStatus = (status: string | undefined): boolean => status !== undefined && /fail|cancell?ed/i.test(status);

/**
 * Returns the error that an answer reports; null: none. An error without a readable body gets the code `Http<status>` and its
 * text; a failed operation without an error keeps its status as the code.
 */
export function azureErrorIn(answer: HttpAnswer): AzureError | null {
  const body = ErrorBody.safeParse(jsonIn(answer.body));
  if (answer.status < 400) {
    if (!body.success || answer.method !== 'GET' || !isFailedStatus(body.data.status)) return null;
    return toAzureError(body.data.error ?? {}, body.data.status ?? '', answer.body);
  }
  const fallback = `Http${answer.status}`;
  if (!body.success) return toAzureError({}, fallback, answer.body);
  return toAzureError(body.data.error ?? body.data, fallback, answer.body);
}

/** `Code: message`, of a successful answer; null: none. */
export function errorIn(body: string): string | null {
  const { data } = ErrorBody.safeParse(jsonIn(body));
  if (data?.error?.code === undefined) return null;
  const { code, message } = toAzureError(data.error, '', body);
  return `${code}: ${message}`;
}
