/** Typeahead: returns choices while a person types into a form's input. */

import { setTimeout } from 'node:timers/promises';
import { allInOrder, catchFailure, type Failure, valueOrThrow } from '../../domain/failure.ts';
import { termsFor } from '../../domain/policy/policy.ts';
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
import type { TypeaheadCache } from './typeahead-cache.ts';

interface Choice {
  readonly title: Label;
  readonly value: string;
}

export const containing = (query: string) => (choice: Choice) =>
  choice.title.toLowerCase().includes(query.toLowerCase());

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
