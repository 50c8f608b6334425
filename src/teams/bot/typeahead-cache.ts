/**
 * Typeahead cache of agents, with results of Resource Graph that are up to 15 seconds old.
 * Keystrokes come faster than it answers. The bot's quota is 15 queries in 5 seconds for all people together
 * (Microsoft, "Guidance for throttled requests in Azure Resource Graph"). So one query reads all agents, and keystrokes
 * narrow that list. Only if there is more than one page, each text is a query.
 * Resource Graph itself lags behind Azure (Microsoft, "Choose a query strategy": eventually consistent, mostly within
 * seconds, with no bound).
 * Only typeahead uses this cache. Authorization isn't cached, and a selected agent is read again.
 */
import { done, type Outcome } from '../../domain/failure.ts';
import type { Inventory, ResourceSummary } from '../../domain/ports/inventory.ts';

type Agents = readonly ResourceSummary[];

export interface TypeaheadCache {
  /**
   * Returns agents whose name contains the text, ignoring case, sorted by name: at most `top`, which is at most 100.
   * Failures aren't cached.
   */
  containing(text: string, top: number): Promise<Outcome<Agents>>;
}

interface Answer {
  /** When it was requested: a late answer isn't younger. */
  readonly asked: number;
  readonly found: Promise<Outcome<Agents>>;
  /** All agents that match the text; null while that is unknown, or if there are more. */
  whole: Agents | null;
}

const lifetimeMs = 15_000;
/**
 * More than the list shows: if there are fewer, further keystrokes need no query. For all agents, one page of Resource
 * Graph.
 */
const askedFor = (text: string): number => (text === '' ? 1000 : 100);
const maxEntries = 200;
/** Possible parts of a name. Other texts aren't cached. */
const partOfName = /^[\w.-]{0,64}$/;

/** `now` in milliseconds, of a monotonic clock. */
export function openTypeaheadCache(
  { resources }: Pick<Inventory, 'resources'>,
  now: () => number = () => performance.now(),
): TypeaheadCache {
  /** By text in lower case, oldest first. */
  const cache = new Map<string, Answer>();

  function evict(): void {
    for (const [text, { asked }] of cache) {
      if (now() - asked < lifetimeMs && cache.size <= maxEntries) return;
      cache.delete(text);
    }
  }

  function ask(text: string): Answer {
    const answer: Answer = { asked: now(), found: resources(text, askedFor(text)), whole: null };
    cache.set(text, answer);
    const settle = (found: Outcome<Agents> | null): void => {
      if (found?.ok === true) answer.whole = found.value.length < askedFor(text) ? found.value : null;
      else if (cache.get(text) === answer) cache.delete(text);
    };
    answer.found.then(settle, () => settle(null));
    return answer;
  }

  function known(text: string): Agents | null {
    for (const [wider, { whole }] of cache)
      if (whole !== null && text.includes(wider)) return whole.filter(({ name }) => name.toLowerCase().includes(text));
    return null;
  }

  return {
    async containing(typed, top) {
      if (!partOfName.test(typed)) return resources(typed, top);
      evict();
      const text = typed.toLowerCase();
      const all = cache.get('') ?? ask('');
      const asked = await all.found;
      if (!asked.ok) return asked;
      const narrowed = cache.has(text) ? null : known(text);
      if (narrowed !== null) return done(narrowed.slice(0, top));
      const found = await (cache.get(text) ?? ask(text)).found;
      return found.ok ? done(found.value.slice(0, top)) : found;
    },
  };
}
