/** Typeahead: returns choices while a person types into a form's input. */
import { setTimeout } from 'node:timers/promises';
import { allInOrder, catchFailure, type Failure, valueOrThrow } from '../../domain/failure.ts';
import { termsFor } from '../../domain/policy/policy.ts';
import type { Inventory, ResourceSummary } from '../../domain/ports/inventory.ts';
import { isUsable, judgeKeys, judgeVaults } from '../../operations/choose.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import type { Form } from '../../operations/form.ts';
import { answerOn } from '../../operations/pages/page.ts';
import { mostListed, resourcePage } from '../../operations/pages/resource-page.ts';
import { vaultPage } from '../../operations/pages/vault-page.ts';
import { kindNamed } from '../../operations/resources/registry.ts';
import { notFoundWords } from '../../text/refusals.ts';
import { type Label, label } from '../cards/plain-text.ts';
import { keyTitle, vaultTitle } from '../cards/views/form-key-view.ts';
import { resourceTitle } from '../cards/views/form-resource-view.ts';

interface Choice {
  readonly title: Label;
  readonly value: string;
}

const containing = (query: string) => (choice: Choice) => choice.title.toLowerCase().includes(query.toLowerCase());

async function vaultChoices(ports: CommandPorts, form: Form): Promise<readonly Choice[]> {
  const ref = answerOn(form, resourcePage);
  if (ref === null) return [];
  const [resource, vaults] = await allInOrder([
    ports.azure.resources.get(ref).then(valueOrThrow),
    ports.azure.inventory.vaults().then(valueOrThrow),
  ]);
  if (resource === null) return [];
  const { tenantId, policy } = ports;
  const by = { tenantId, kind: kindNamed(ref.kind), terms: termsFor(policy, resource) };
  const usable = judgeVaults(vaults, resource, by).filter(isUsable);
  return usable.map((one) => ({ title: label(vaultTitle(one)), value: one.vault.name }));
}

async function keyChoices(ports: CommandPorts, form: Form): Promise<readonly Choice[]> {
  const vaultId = answerOn(form, vaultPage);
  if (vaultId === null) return [];
  const keys = valueOrThrow(await ports.azure.keys.list(vaultId));
  const existing = judgeKeys(keys, ports.now()).filter((one) => one.fit);
  return existing.map((one) => ({ title: label(keyTitle(one)), value: one.key.name }));
}

type SearchApp = CommandPorts & { readonly resources: TypeaheadCache };
type ReadForm = (id: string) => Promise<Form | null>;

/** How long a keystroke waits for Azure. A later answer serves the next keystroke. */
const timeoutMs = 4_000;

async function resourceChoices(resources: TypeaheadCache, query: string): Promise<readonly Choice[]> {
  const found = await resources.containing(query, mostListed);
  return found.map((one) => ({ title: label(resourceTitle(one, found)), value: one.id }));
}

async function choicesIn(
  app: SearchApp,
  readForm: ReadForm,
  dataset: string,
  query: string,
): Promise<readonly Choice[]> {
  // A phone begins with the selected title.
  if (dataset === 'agents') return resourceChoices(app.resources, query.split(' · ')[0] ?? '');
  const [kind, formId = ''] = dataset.split('/');
  const form = await readForm(formId);
  if (form === null || (kind !== 'vaults' && kind !== 'keys')) return [];
  const all = await (kind === 'vaults' ? vaultChoices(app, form) : keyChoices(app, form));
  return all.filter(containing(query)).slice(0, mostListed);
}

/** An entry that says why nothing is found. A form treats its blank value as no choice. */
const nothingFound = (failure: Failure | null): Choice => ({ title: label(notFoundWords(failure)), value: ' ' });

/**
 * Returns at most {@link mostListed} choices.
 * An unknown dataset or another person's form returns none: the input then says that nothing matches. If Azure refuses,
 * is busy or times out, the only entry says so.
 */
export async function search(
  app: SearchApp,
  readForm: ReadForm,
  dataset: string,
  query: string,
): Promise<readonly Choice[]> {
  const late = new AbortController();
  const tooLate = setTimeout(timeoutMs, null, { signal: late.signal, ref: false }).catch(() => null);
  try {
    const found = await Promise.race([catchFailure(() => choicesIn(app, readForm, dataset, query.trim())), tooLate]);
    if (found === null) return [nothingFound(null)];
    return found.ok ? found.value : [nothingFound(found.failure)];
  } finally {
    late.abort();
  }
}

// The cache of resources, with results of Resource Graph that are up to 15 seconds old.
// Keystrokes come faster than it answers. The bot's quota is 15 queries in 5 seconds for all people together
// (Microsoft, "Guidance for throttled requests in Azure Resource Graph"). So one query reads all resources, and keystrokes
// narrow that list. Only if there is more than one page, each text is a query.
// Resource Graph itself lags behind Azure (Microsoft, "Choose a query strategy": eventually consistent, mostly within
// seconds, with no bound).
// Only typeahead uses this cache. Authorization isn't cached, and a selected resource is read again.

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
