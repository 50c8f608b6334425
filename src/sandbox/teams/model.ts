import { z } from 'zod';

/** The state of the Teams simulator, and the only changes that modify it. */

export const JsonObject = z.record(z.string(), z.unknown());
export type JsonObject = z.infer<typeof JsonObject>;

/**
 * A message.
 * `author` is `bot` or a person's object ID. `onlyFor` is the only person who sees it. `tone` separates messages from
 * texts and errors that answer a click. `content` is what the author sent.
 */
export const Post = z.object({
  id: z.string(),
  conversationId: z.string(),
  placeId: z.string(),
  author: z.string(),
  at: z.string(),
  editedAt: z.string().nullable(),
  replyToId: z.string().nullable(),
  onlyFor: z.string().nullable(),
  tone: z.enum(['message', 'answer', 'error']),
  content: JsonObject,
});
export type Post = z.infer<typeof Post>;

/** A served Connector call, with the same fields as the Azure simulator's request log. */
export const ServedRequest = z.object({
  at: z.string(),
  method: z.string(),
  url: z.string(),
  status: z.number(),
  principalId: z.string().nullable(),
  clientRequestId: z.string().nullable(),
  body: z.unknown(),
});
export type ServedRequest = z.infer<typeof ServedRequest>;

export const Change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('posted'), post: Post }),
  z.object({ kind: z.literal('edited'), id: z.string(), at: z.string(), content: JsonObject }),
  z.object({ kind: z.literal('deleted'), id: z.string() }),
  z.object({ kind: z.literal('viewed'), id: z.string(), personId: z.string(), card: JsonObject }),
  z.object({ kind: z.literal('read'), placeId: z.string(), personId: z.string(), upTo: z.string() }),
  z.object({ kind: z.literal('installed'), placeId: z.string(), installed: z.boolean() }),
  z.object({ kind: z.literal('announced'), placeId: z.string() }),
  z.object({ kind: z.literal('invoked'), invokeId: z.string(), activity: JsonObject }),
  z.object({ kind: z.literal('served'), request: ServedRequest }),
]);
export type Change = z.infer<typeof Change>;
