/** What a process keeps in mind of a request whose events it has read and found sound. */
import { z } from 'zod';
import type { ChainLine } from '../domain/record/chain.ts';
import type { SoundLine } from '../domain/record/seals.ts';
import { isEnding } from '../domain/request/consequences.ts';
import { type OpenState, openStateAfter } from '../domain/request/waits.ts';

export interface KnownRequest {
  /** Of its last event. */
  readonly revision: number;
  readonly hash: string;
  /** In lower case; null: it has ended. */
  readonly holds: string | null;
  /** The last one in which it was open. */
  readonly state: OpenState;
  readonly requester: string | null;
  /** The message that its form stood in; null: none is known. */
  readonly message: string | null;
}

/** Of a first event. */
const First = z.object({
  target: z.string(),
  actor: z.object({ id: z.string().nullable() }),
  data: z.object({ origin: z.object({ messageId: z.string().optional() }) }),
});

/** What is known after the line; `known`: before it, undefined where it is the first. */
export function knownAfter(
  { revision, hash }: Pick<ChainLine, 'revision' | 'hash'>,
  body: SoundLine['body'],
  known: KnownRequest | undefined,
): KnownRequest {
  const type = String(body.type);
  const before = known ?? asAsked(First.parse(body));
  const holds = isEnding(type) ? null : before.holds;
  return { ...before, revision, hash, holds, state: openStateAfter(before.state, type) };
}

const asAsked = ({ target, actor, data }: z.infer<typeof First>): KnownRequest => ({
  ...{ revision: 0, hash: '', holds: target.toLowerCase(), state: 'awaiting-approval' },
  ...{ requester: actor.id, message: data.origin.messageId ?? null },
});
