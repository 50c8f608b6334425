/**
 * The cache of resources for typeahead, with results of Resource Graph that are up to 15 seconds old.
 * Keystrokes come faster than it answers. The bot's quota is 15 queries in 5 seconds for all people together
 * (Microsoft, "Guidance for throttled requests in Azure Resource Graph"). So one query reads all resources, and keystrokes
 * narrow that list. Only if there is more than one page, each text is a query.
 * Resource Graph itself lags behind Azure (Microsoft, "Choose a query strategy": eventually consistent, mostly within
 * seconds, with no bound).
 * Only typeahead uses this cache. Authorization isn't cached, and a selected resource is read again.
 */

import { valueOrThrow } from '../../domain/failure.ts';
import type { Inventory, ResourceSummary } from '../../domain/ports/inventory.ts';

type Resources = readonly ResourceSummary[];

export interface TypeaheadCache {
  /**
   * Returns resources whose name contains the text, ignoring case, sorted by name: at most `top`, which is at most 100.
   * Throws an `AzureFailure`, which isn't cached.
   */
  containing(text: string, top: number): Promise<Resources>;
}

interface Answer {
  /** When it was requested: a late answer isn't younger. */
  readonly asked: number;
  readonly found: Promise<Resources>;
  /** All resources that match the text; null while that is unknown, or if there are more. */
  whole: Resources | null;
}

const lifetimeMs = 15_000;
/**
 * More than the list shows: if there are fewer, further keystrokes need no query. For all resources, one page of Resource
 * Graph.
 */
const askedFor = (text: string): number => (text === '' ? 1000 : 100);
const maxEntries = 200;
/** Possible parts of a name. Other texts match nothing. */
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
    const answer: Answer = { asked: now(), found: resources(text, askedFor(text)).then(valueOrThrow), whole: null };
    cache.set(text, answer);
    answer.found.then(
      (found) => {
        answer.whole = found.length < askedFor(text) ? found : null;
      },
      () => {
        if (cache.get(text) === answer) cache.delete(text);
      },
    );
    return answer;
  }

  function known(text: string): Resources | null {
    for (const [wider, { whole }] of cache)
      if (whole !== null && text.includes(wider)) return whole.filter(({ name }) => name.toLowerCase().includes(text));
    return null;
  }

  return {
    async containing(typed, top) {
      if (!partOfName.test(typed)) return [];
      evict();
      const text = typed.toLowerCase();
      const all = cache.get('') ?? ask('');
      await all.found;
      const found = (cache.has(text) ? null : known(text)) ?? (await (cache.get(text) ?? ask(text)).found);
      return found.slice(0, top);
    },
  };
}
