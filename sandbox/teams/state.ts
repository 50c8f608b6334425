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

/** Maximum length of the request log; a day of manual use stays far below. */
const maxRequests = 10_000;

/** The fold of all changes. Posts are in creation order. */
export interface TeamsState {
  readonly posts: Map<string, Post>;
  /** User-specific cards, by post and person. */
  readonly views: Map<string, Map<string, JsonObject>>;
  readonly reads: Map<string, string>;
  /** Places that the bot was removed from. */
  readonly removedFrom: Set<string>;
  readonly announced: Set<string>;
  readonly invokes: Map<string, JsonObject>;
  readonly requests: ServedRequest[];
}

export function emptyState(): TeamsState {
  return {
    posts: new Map(),
    views: new Map(),
    reads: new Map(),
    removedFrom: new Set(),
    announced: new Set(),
    invokes: new Map(),
    requests: [],
  };
}

export const readKey = (placeId: string, personId: string): string => `${placeId} ${personId}`;

/** Applies one change in place. */
export function apply(state: TeamsState, change: Change): void {
  switch (change.kind) {
    case 'posted':
      state.posts.set(change.post.id, change.post);
      return;
    case 'edited':
      edit(state, change.id, change.at, change.content);
      return;
    case 'deleted':
      state.posts.delete(change.id);
      state.views.delete(change.id);
      return;
    case 'viewed':
      view(state, change.id, change.personId, change.card);
      return;
    case 'read':
      state.reads.set(readKey(change.placeId, change.personId), change.upTo);
      return;
    case 'installed':
      if (change.installed) state.removedFrom.delete(change.placeId);
      else state.removedFrom.add(change.placeId);
      return;
    case 'announced':
      state.announced.add(change.placeId);
      return;
    case 'invoked':
      state.invokes.set(change.invokeId, change.activity);
      return;
    case 'served':
      state.requests.push(change.request);
      if (state.requests.length > maxRequests) state.requests.shift();
      return;
  }
}

/** Applies an update by the bot, which replaces the card for everyone and drops user-specific views. */
function edit(state: TeamsState, id: string, at: string, content: JsonObject): void {
  const post = state.posts.get(id);
  if (post === undefined) return;
  state.posts.set(id, { ...post, editedAt: at, content });
  state.views.delete(id);
}

function view(state: TeamsState, id: string, personId: string, card: JsonObject): void {
  const views = state.views.get(id) ?? new Map<string, JsonObject>();
  views.set(personId, card);
  state.views.set(id, views);
}

/** Returns the shortest list of changes that folds to this state. */
export function snapshot(state: TeamsState): Change[] {
  const changes: Change[] = [];
  for (const post of state.posts.values()) changes.push({ kind: 'posted', post });
  for (const [id, views] of state.views)
    for (const [personId, card] of views) changes.push({ kind: 'viewed', id, personId, card });
  for (const [key, upTo] of state.reads) {
    const [placeId = '', personId = ''] = key.split(' ');
    changes.push({ kind: 'read', placeId, personId, upTo });
  }
  for (const placeId of state.removedFrom) changes.push({ kind: 'installed', placeId, installed: false });
  for (const placeId of state.announced) changes.push({ kind: 'announced', placeId });
  for (const [invokeId, activity] of state.invokes) changes.push({ kind: 'invoked', invokeId, activity });
  for (const request of state.requests) changes.push({ kind: 'served', request });
  return changes;
}
