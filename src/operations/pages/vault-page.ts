import { done } from '../../domain/failure.ts';
import { ArmId, armIdParts } from '../../domain/ids.ts';
import { termsFor } from '../../domain/policy/policy.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { chooseVault, judgeVaults } from '../choose.ts';
import { kindNamed } from '../resources/registry.ts';
import { answerOn, type Page } from './page.ts';
import { resourcePage } from './resource-page.ts';

export const vaultPage: Page<ArmId> = {
  name: 'vault',
  label: 'Vault',
  dependsOn: [],
  answer: ArmId,
  typed: ({ vault }) => (vault === undefined ? null : { vault }),
  async take(_form, inputs, { azure }) {
    if (inputs.vault.trim() === '') return refuse('choice-missing');
    const chosen = await chooseVault(azure, inputs.vault);
    return chosen.kind === 'refused' ? chosen : chosen.value.id;
  },
  async facts(form, { azure, tenantId, policy }) {
    const ref = answerOn(form, resourcePage);
    if (ref === null) return refuse('unknown-resource');
    const [resource, vaults] = await Promise.all([azure.resources.get(ref), azure.inventory.vaults()]);
    if (!resource.ok) return resource;
    if (!vaults.ok) return vaults;
    if (resource.value === null) return refuse('unknown-resource', armIdParts(ref.id).name);
    const judged = judgeVaults(vaults.value, resource.value, {
      tenantId,
      kind: kindNamed(ref.kind),
      terms: termsFor(policy, resource.value),
    });
    return done({ page: 'vault', resource: resource.value, vaults: judged, chosen: answerOn(form, vaultPage) });
  },
};
