import type { LocalPerson } from '../people.ts';
import { readInvokeAnswer } from './bot-link.ts';
import { cardOf, refreshAction } from './cards.ts';
import { deliverInvoke, executeActivity } from './client-actions.ts';
import { type Post, pair } from './state.ts';
import type { Teams } from './teams.ts';
import { refreshIsDue } from './visibility.ts';

/** Pause after a refresh without a card, before the same card is requested again. Shorter if the bot didn't answer. */
const restMs = 30_000;
const unreachableRestMs = 1_000;

/** Loads the user-specific views of the cards that a person sees, as a client does. */
export type Refresher = (person: LocalPerson, posts: readonly Post[]) => Promise<void>;

export function refresher(teams: Teams): Refresher {
  const inProgress = new Map<string, Promise<void>>();
  const restUntil = new Map<string, number>();
  const bring = async (person: LocalPerson, post: Post, key: string): Promise<void> => {
    const result = await refreshOne(teams, person, post);
    if (result !== 'card') restUntil.set(key, Date.now() + (result === 'nothing' ? restMs : unreachableRestMs));
  };
  return async (person, posts) => {
    const due = posts.filter((post) => refreshIsDue(teams, post, person));
    const wanted = due.flatMap((post) => {
      const key = `${post.id} ${post.editedAt} ${person.id}`;
      if ((restUntil.get(key) ?? 0) > Date.now()) return [];
      const running = inProgress.get(key) ?? bring(person, post, key).finally(() => inProgress.delete(key));
      inProgress.set(key, running);
      return [running];
    });
    await Promise.all(wanted);
  };
}

/** Requests one view. Drops an answer about a card that changed in the meantime. */
async function refreshOne(
  teams: Teams,
  person: LocalPerson,
  post: Post,
): Promise<'card' | 'nothing' | 'nobody answered'> {
  const action = refreshAction(cardOf(post.content) ?? {});
  if (action === undefined) return 'nothing';
  const execute = { verb: action.verb, data: action.data, trigger: 'automatic', id: undefined } as const;
  const reply = await deliverInvoke(teams, executeActivity(teams, person, post, action, execute));
  const outcome = readInvokeAnswer(reply);
  const isCurrent = teams.state.posts.get(post.id)?.content === post.content;
  if (outcome.kind !== 'card') return reply.kind === 'answered' ? 'nothing' : 'nobody answered';
  if (!isCurrent || !refreshIsDue(teams, post, person)) return 'card';
  teams.commit([['views', pair(post.id, person.id), outcome.card]]);
  return 'card';
}
