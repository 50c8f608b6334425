/** Inputs that several subcommands share. */
import { z } from 'zod';
import { DriftId, PersonId, RequestId, StreamId } from '../../domain/ids.ts';
import { longestText } from '../../domain/request/request-command.ts';
import { isBlank } from '../../domain/strings.ts';
import type { Records } from '../rpc/calls.ts';

export const day = z.iso.date('must be a day, such as 2026-03-31');
export const flag = z.boolean().default(false);

/** A request's name; case doesn't matter. */
export const requestIdInput = z
  .string({ error: 'is missing; name a request, such as CMK-7F3K9Q' })
  .transform((text) => text.trim().toUpperCase())
  .refine((text) => RequestId.safeParse(text).success, {
    error: ({ input }) =>
      DriftId.safeParse(input).success
        ? `is a drift. For its events: cmk-bot audit export --format jsonl --request ${input}`
        : 'is not a request’s name; they look like CMK-7F3K9Q',
  })
  .transform((text) => RequestId.parse(text));

/** The same, or an agent's drifts. */
export const streamIdInput = z
  .string({ error: 'is missing; name a request, such as CMK-7F3K9Q' })
  .transform((text) => text.trim().toUpperCase())
  .refine(
    (text) => StreamId.safeParse(text).success,
    'is no request’s name, such as CMK-7F3K9Q, and no drift’s, such as DRIFT-7F3K9Q2M8D',
  )
  .transform((text) => StreamId.parse(text));

/** The operator's name. Default: the operating system's user name. */
export const nameInput = z
  .string()
  .trim()
  .refine((name) => !isBlank(name), 'is blank')
  .max(100, 'is longer than 100 characters')
  .optional();

/** The reason. `advice`: what to write. */
export const reasonInput = (advice: string) =>
  z
    .string({ error: `is missing; ${advice}` })
    .trim()
    .refine((reason) => !isBlank(reason), `is empty; ${advice}`)
    .max(longestText, `is longer than ${longestText} characters`);
export const asExplanation = ['--as NAME', 'name to record. Default: your user name'] as const;
export const jsonExplanation = ['--json', 'prints JSON for programs'] as const;
export const idExplanation = ['ID', 'the request, such as CMK-7F3K9Q'] as const;

/** The command can't be carried out. The message has one line. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** Returns people's names as Teams last provided them, or their ids. */
export async function namesOf(
  records: Records,
  ids: readonly (string | null)[],
): Promise<(id: string | null) => string> {
  const people = [...new Set(ids)].flatMap((id) => PersonId.safeParse(id).data ?? []);
  const found = await Promise.all(people.map(async (id) => [id, (await records.person({ id })).name] as const));
  const known = new Map<string, string | null>(found);
  return (id) => (id === null ? 'an operator' : (known.get(id) ?? id));
}
