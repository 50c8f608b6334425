import { z } from 'zod';
import { RequestRecord } from '../azure/request-log.ts';

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
export const ServedRequest = RequestRecord.omit({ actions: true, dataActions: true, graphPermissions: true });
export type ServedRequest = z.infer<typeof ServedRequest>;

/** What is stored, by key. `views`: user-specific cards, and `reads`: the last read post, by {@link pair}. */
export interface Tables {
  readonly posts: Post;
  readonly views: JsonObject;
  readonly reads: string;
  /** Places that the bot was removed from. */
  readonly removedFrom: true;
  readonly announced: true;
  readonly invokes: JsonObject;
}

export type TeamsState = { readonly [Table in keyof Tables]: Map<string, Tables[Table]> };

/** Stores a value; null removes it. */
export type Change = {
  [Table in keyof Tables]: readonly [table: Table, key: string, value: Tables[Table] | null];
}[keyof Tables];

export const emptyState = (): TeamsState => ({
  posts: new Map(),
  views: new Map(),
  reads: new Map(),
  removedFrom: new Map(),
  announced: new Map(),
  invokes: new Map(),
});

/** A post and a person, or a place and a person. */
export const pair = (id: string, personId: string): string => `${id} ${personId}`;

export function apply(state: TeamsState, [table, key, value]: Change): void {
  const values: Map<string, unknown> = state[table];
  if (value === null) values.delete(key);
  else values.set(key, value);
}

/** The changes that drop a post's user-specific cards. */
export const withoutViews = ({ views }: TeamsState, id: string): Change[] =>
  [...views.keys()].filter((key) => key.startsWith(`${id} `)).map((key) => ['views', key, null]);

/** Returns the shortest list of changes that leads to this state. */
export const snapshot = (state: TeamsState): Change[] =>
  Object.entries(state).flatMap(([table, values]) =>
    [...values].map(([key, value]) => [table, key, value] as unknown as Change),
  );
