import { done } from '../../domain/failure.ts';
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
    return chosen.kind === 'refused' ? chosen : chosen.value.id;
  },
  async facts(form, { azure, tenantId, policy }) {
    const [resource, vaults] = await Promise.all([readResource(form, azure), azure.inventory.vaults()]);
    if (isRefusal(resource) || !resource.ok) return resource;
    if (!vaults.ok) return vaults;
    const judged = judgeVaults(vaults.value, resource.value, {
      tenantId,
      kind: kindNamed(resource.value.kind),
      terms: termsFor(policy, resource.value),
    });
    return done({ page: 'vault', resource: resource.value, vaults: judged, chosen: answerOn(form, vaultPage) });
  },
};
