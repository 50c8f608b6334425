/** Typeahead: returns choices while a person types into a form's input. */
import { setTimeout } from 'node:timers/promises';
import { done, type Failure, type Outcome } from '../../domain/failure.ts';
import { termsFor } from '../../domain/policy/policy.ts';
import { isUsable, judgeKeys, judgeVaults } from '../../operations/choose.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import type { Form } from '../../operations/form.ts';
import { answerOn } from '../../operations/pages/page.ts';
import { listedAgents, resourcePage } from '../../operations/pages/resource-page.ts';
import { vaultPage } from '../../operations/pages/vault-page.ts';
import { kindNamed } from '../../operations/resources/registry.ts';
import { notFoundWords } from '../../text/refused-lookup.ts';
import { type Label, label } from '../cards/plain-text.ts';
import { keyTitle } from '../cards/views/form-key-view.ts';
import { resourceTitle } from '../cards/views/form-resource-view.ts';
import { vaultTitle } from '../cards/views/form-vault-view.ts';
import type { TypeaheadCache } from './typeahead-cache.ts';

interface Choice {
  readonly title: Label;
  readonly value: string;
}

const containing = (query: string) => (choice: Choice) => choice.title.toLowerCase().includes(query.toLowerCase());

async function vaultChoices(ports: CommandPorts, form: Form): Promise<Outcome<readonly Choice[]>> {
  const ref = answerOn(form, resourcePage);
  if (ref === null) return done([]);
  const [resource, vaults] = await Promise.all([ports.azure.resources.get(ref), ports.azure.inventory.vaults()]);
  if (!resource.ok) return resource;
  if (!vaults.ok) return vaults;
  if (resource.value === null) return done([]);
  const { tenantId, policy } = ports;
  const by = { tenantId, kind: kindNamed(ref.kind), terms: termsFor(policy, resource.value) };
  const usable = judgeVaults(vaults.value, resource.value, by).filter(isUsable);
  return done(usable.map((one) => ({ title: label(vaultTitle(one)), value: one.vault.name })));
}

async function keyChoices(ports: CommandPorts, form: Form): Promise<Outcome<readonly Choice[]>> {
  const vaultId = answerOn(form, vaultPage);
  if (vaultId === null) return done([]);
  const keys = await ports.azure.keys.list(vaultId);
  if (!keys.ok) return keys;
  const existing = judgeKeys(keys.value, ports.now()).filter((one) => one.fit);
  return done(existing.map((one) => ({ title: label(keyTitle(one)), value: one.key.name })));
}

interface SearchPorts {
  readonly ports: CommandPorts;
  readonly agents: TypeaheadCache;
  /** Reads the person's own form. */
  readonly readForm: (id: string) => Promise<Form | null>;
}

/** How long a keystroke waits for Azure. A later answer serves the next keystroke. */
const timeoutMs = 4_000;

async function agentChoices(agents: TypeaheadCache, query: string): Promise<Outcome<readonly Choice[]>> {
  const found = await agents.containing(query, listedAgents);
  if (!found.ok) return found;
  return done(found.value.map((one) => ({ title: label(resourceTitle(one, found.value)), value: one.id })));
}

async function choicesIn(
  { ports, agents, readForm }: SearchPorts,
  dataset: string,
  query: string,
): Promise<Outcome<readonly Choice[]>> {
  if (dataset === 'agents') return agentChoices(agents, query);
  const [kind, formId = ''] = dataset.split('/');
  const form = await readForm(formId);
  if (form === null || (kind !== 'vaults' && kind !== 'keys')) return done([]);
  const all = await (kind === 'vaults' ? vaultChoices(ports, form) : keyChoices(ports, form));
  return all.ok ? done(all.value.filter(containing(query)).slice(0, listedAgents)) : all;
}

/** An entry that says why nothing is found. A form treats its blank value as no choice. */
const nothingFound = (failure: Failure | null): Choice => ({ title: label(notFoundWords(failure)), value: ' ' });

/**
 * Returns at most {@link listedAgents} choices.
 * An unknown dataset or another person's form returns none: the input then says that nothing matches. If Azure refuses,
 * is busy or times out, the only entry says so.
 */
export async function search(search: SearchPorts, dataset: string, query: string): Promise<readonly Choice[]> {
  const late = new AbortController();
  const tooLate = setTimeout(timeoutMs, null, { signal: late.signal, ref: false }).catch(() => null);
  try {
    const found = await Promise.race([choicesIn(search, dataset, query.trim()), tooLate]);
    if (found === null) return [nothingFound(null)];
    return found.ok ? found.value : [nothingFound(found.failure)];
  } finally {
    late.abort();
  }
}
