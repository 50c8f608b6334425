/**
 * Whether a body is an event of this record and nothing else. What an event may hold is said once, by the record's own schema,
 * which is given in: a second one would be a second thing to keep, and data says little that could be wrong in the same way
 * twice. What it means is read here a second time (life-rules.ts). Around the event stand only the fields of its line.
 */
import { z } from 'zod';
import type { EventBody } from '../domain/request/events.ts';

/** Throws on what is not an event. */
export type StrictBodyReader = (body: unknown) => EventBody;

const digits = (count: number) => z.string().regex(new RegExp(`^[0-9a-f]{${count}}$`));

const Around = z.object({
  schema: z.literal(2),
  seq: z.number().int().min(1),
  request: z.string(),
  revision: z.number().int().min(1),
  cause: z.string(),
  n: z.number().int().min(0),
  time: z.iso.datetime(),
  prev: digits(64),
  commitments: z.array(z.strictObject({ field: z.string(), sha256: digits(64) })),
  /** Missing: written before there were seals. */
  sealKey: digits(16).optional(),
});

export interface StrictBody {
  readonly event: EventBody;
  readonly time: string;
}

/** The event, or in words for a finding why it is none. */
export function readStrictly(read: StrictBodyReader, body: Readonly<Record<string, unknown>>): StrictBody | string {
  const around = Around.safeParse(body);
  if (!around.success) return reasonOf(around.error);
  try {
    const event = read(body);
    const unknown = Object.keys(body).filter((field) => !(field in event) && !(field in around.data));
    return unknown.length === 0 ? { event, time: around.data.time } : `fields that no event has: ${unknown.join(', ')}`;
  } catch (error) {
    return error instanceof z.ZodError ? reasonOf(error) : String(error);
  }
}

const reasonOf = ({ issues: [issue] }: z.ZodError): string => `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
