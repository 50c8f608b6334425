import { allInOrder, valueOrThrow } from '../../domain/failure.ts';
import { ArmId } from '../../domain/ids.ts';
import { termsFor } from '../../domain/policy/policy.ts';
import { isRefusal } from '../../domain/request/refusal.ts';
import { chooseVault, judgeVaults } from '../choose.ts';
import { kindNamed } from '../resources/registry.ts';
import { answerOn, type Page } from './page.ts';
import { readResource } from './resource-page.ts';

export const vaultPage: Page<ArmId> = {
  name: 'vault',
  label: 'Vault',
  dependsOn: [],
  answer: ArmId,
  typed: ({ vault }) => (vault === undefined ? null : { vault }),
  async take(_form, inputs, { azure }) {
    const chosen = await chooseVault(azure, inputs.vault);
    return isRefusal(chosen) ? chosen : chosen.id;
  },
  async facts(form, { azure, tenantId, policy }) {
    const [resource, listed] = await allInOrder([
      readResource(form, azure),
      azure.inventory.vaults().then(valueOrThrow),
    ]);
    if (isRefusal(resource)) return resource;
    const by = { tenantId, kind: kindNamed(resource.kind), terms: termsFor(policy, resource) };
    const vaults = judgeVaults(listed, resource, by);
    return { page: 'vault', resource, vaults, chosen: answerOn(form, vaultPage) };
  },
};
