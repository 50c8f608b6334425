/**
 * Agents to choose from while somebody types, as Resource Graph had them up to 15 seconds ago: letters come quicker than it
 * answers, each narrows what the one before found, and the bot may send it 15 queries in 5 seconds, for everybody together
 * (Microsoft, "Guidance for throttled requests in Azure Resource Graph"). So all agents are asked for at once, and letters narrow
 * that list; only where there are more than one page holds is each text a query of its own. It is an index that is filled some time after Azure
 * has changed (Microsoft, "Choose a query strategy": eventually consistent, mostly within seconds, with no bound), so a list
 * from it is not of this moment anyway. Typeahead alone reads this; whoever is shown it was asked about afresh, and whatever
 * is chosen from it is looked for anew.
 */
import { done, type Outcome } from '../../domain/failure.ts';
import type { Inventory, ResourceSummary } from '../../domain/ports/azure.ts';

type Agents = readonly ResourceSummary[];

export interface KeptChoices {
  /** Agents whose name contains the text in whatever case, by name: at most `top`, which is at most 100. A failure is not kept. */
  containing(text: string, top: number): Promise<Outcome<Agents>>;
}

interface Answer {
  /** When it was asked for: what came late is no younger. */
  readonly asked: number;
  readonly found: Promise<Outcome<Agents>>;
  /** Every agent that there is of the text; null while that is not known, and where there are more. */
  whole: Agents | null;
}

const keptMs = 15_000;
/**
 * More than anybody is shown: where there are fewer, further letters need no query. Of all agents one page of Resource Graph.
 */
const askedFor = (text: string): number => (text === '' ? 1000 : 100);
const mostKept = 200;
/** What part of a name may be. Whatever else is typed is none, and is asked for as it is each time. */
const partOfName = /^[\w.-]{0,64}$/;

/** `now` in milliseconds, of a clock that is never set back. */
export function keepChoices(
  { resources }: Pick<Inventory, 'resources'>,
  now: () => number = () => performance.now(),
): KeptChoices {
  /** By text in lower case, the oldest first. */
  const kept = new Map<string, Answer>();

  function forget(): void {
    for (const [text, { asked }] of kept) {
      if (now() - asked < keptMs && kept.size <= mostKept) return;
      kept.delete(text);
    }
  }

  function ask(text: string): Answer {
    const answer: Answer = { asked: now(), found: resources(text, askedFor(text)), whole: null };
    kept.set(text, answer);
    const settle = (found: Outcome<Agents> | null): void => {
      if (found?.ok === true) answer.whole = found.value.length < askedFor(text) ? found.value : null;
      else if (kept.get(text) === answer) kept.delete(text);
    };
    answer.found.then(settle, () => settle(null));
    return answer;
  }

  function known(text: string): Agents | null {
    for (const [wider, { whole }] of kept)
      if (whole !== null && text.includes(wider)) return whole.filter(({ name }) => name.toLowerCase().includes(text));
    return null;
  }

  return {
    async containing(typed, top) {
      if (!partOfName.test(typed)) return resources(typed, top);
      forget();
      const text = typed.toLowerCase();
      const all = kept.get('') ?? ask('');
      const asked = await all.found;
      if (!asked.ok) return asked;
      const narrowed = kept.has(text) ? null : known(text);
      if (narrowed !== null) return done(narrowed.slice(0, top));
      const found = await (kept.get(text) ?? ask(text)).found;
      return found.ok ? done(found.value.slice(0, top)) : found;
    },
  };
}
