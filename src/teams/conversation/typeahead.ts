/** Typeahead: what stands to choose while somebody types into an input of a form. */
import { termsFor } from '../../domain/policy/policy.ts';
import { isUsable, judgeKeys, judgeVaults } from '../../operations/choose.ts';
import type { Form } from '../../operations/form.ts';
import { answerOn } from '../../operations/pages/page.ts';
import { listed, resourcePage } from '../../operations/pages/resource-page.ts';
import { vaultPage } from '../../operations/pages/vault-page.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import { kindNamed } from '../../resources/registry.ts';
import { type Label, label } from '../cards/plain-text.ts';
import { keyTitle } from '../cards/views/form-key-view.ts';
import { resourceTitle } from '../cards/views/form-resource-view.ts';
import { vaultTitle } from '../cards/views/form-vault-view.ts';
import type { KeptChoices } from './kept-choices.ts';

interface Choice {
  readonly title: Label;
  readonly value: string;
}

const containing = (query: string) => (choice: Choice) => choice.title.toLowerCase().includes(query.toLowerCase());

async function vaultChoices(ports: CommandPorts, form: Form): Promise<readonly Choice[]> {
  const ref = answerOn(form, resourcePage);
  if (ref === null) return [];
  const [resource, vaults] = await Promise.all([ports.azure.resources.get(ref), ports.azure.inventory.vaults()]);
  if (!resource.ok || resource.value === null || !vaults.ok) return [];
  const { tenantId, policy } = ports;
  const by = { tenantId, kind: kindNamed(ref.kind), terms: termsFor(policy, resource.value) };
  return judgeVaults(vaults.value, resource.value, by)
    .filter(isUsable)
    .map((one) => ({ title: label(vaultTitle(one)), value: one.vault.name }));
}

async function keyChoices(ports: CommandPorts, form: Form): Promise<readonly Choice[]> {
  const vaultId = answerOn(form, vaultPage);
  if (vaultId === null) return [];
  const keys = await ports.azure.keys.list(vaultId);
  if (!keys.ok) return [];
  const existing = judgeKeys(keys.value, ports.now()).filter((one) => one.fit);
  return existing.map((one) => ({ title: label(keyTitle(one)), value: one.key.name }));
}

interface SearchPorts {
  readonly ports: CommandPorts;
  readonly agents: KeptChoices;
  /** The searching person's own form. */
  readonly readForm: (id: string) => Promise<Form | null>;
}

/**
 * At most {@link listed} choices. An unknown dataset, somebody else's form and an Azure that does not answer all give none: the
 * input then says that nothing matches.
 */
export async function search(
  { ports, agents, readForm }: SearchPorts,
  dataset: string,
  query: string,
): Promise<readonly Choice[]> {
  if (dataset === 'agents') {
    const resources = await agents.containing(query.trim(), listed);
    return resources.ok
      ? resources.value.map((one) => ({ title: label(resourceTitle(one, resources.value)), value: one.id }))
      : [];
  }
  const [kind, formId = ''] = dataset.split('/');
  const form = await readForm(formId);
  if (form === null) return [];
  const all =
    kind === 'vaults' ? await vaultChoices(ports, form) : kind === 'keys' ? await keyChoices(ports, form) : [];
  return all.filter(containing(query.trim())).slice(0, listed);
}
