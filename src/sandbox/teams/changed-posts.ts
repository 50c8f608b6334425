/**
 * What a person sees that is new or other than at the last look, for whoever looks again and again: a place that holds hundreds
 * of cards is sent once.
 */
import type { LocalPerson } from '../people.ts';
import type { JsonObject, Post } from './model.ts';
import { seenActivity, viewOf } from './seen.ts';
import type { Teams } from './teams.ts';

export interface ChangedPosts {
  /** Handed in at the next look. */
  readonly upTo: string;
  /** Everything that is there, oldest first. */
  readonly ids: readonly string[];
  readonly changed: readonly JsonObject[];
}

/** Looks of another process know nothing of this one's. */
const thisLife = `${Date.now().toString(36)}-`;

/** Posts and views are replaced where they change: each has a number of its own, given at the first look. */
const numbers = new WeakMap<object, number>();
let last = 0;
function numberOf(one: object | undefined): number {
  if (one === undefined) return 0;
  const number = numbers.get(one) ?? ++last;
  numbers.set(one, number);
  return number;
}

/** `after`: what the last look came up to; anything else is as good as nothing. */
export function changedPosts(teams: Teams, person: LocalPerson, posts: readonly Post[], after: string): ChangedPosts {
  const from = after.startsWith(thisLife) ? Number(after.slice(thisLife.length)) : 0;
  const isNew = (post: Post): boolean => Math.max(numberOf(post), numberOf(viewOf(teams, post, person))) > from;
  const changed = posts.filter(isNew).map((post) => seenActivity(teams, post, person));
  return { upTo: `${thisLife}${last}`, ids: posts.map(({ id }) => id), changed };
}
