import { z } from 'zod';

/** What local Teams remembers, and the changes that are the only way to alter it. */

const JsonObject = z.record(z.string(), z.unknown());
export type JsonObject = z.infer<typeof JsonObject>;

/**
 * One message somebody can see. `author` is `bot` or a person's object id; `onlyFor` names the one person who sees it;
 * `tone` tells a message from the text or error a click was answered with. `content` is what its author sent.
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

/** One Connector call as it was served; the same fields as local Azure's request log. */
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
