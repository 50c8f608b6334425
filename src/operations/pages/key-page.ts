import { done } from '../../domain/failure.ts';
import { armIdParts } from '../../domain/ids.ts';
import { isRefusal, refuse } from '../../domain/request/refusal.ts';
import { ChosenKey, chooseKey, chooseNewKey, judgeKeys } from '../choose.ts';
import { answerOn, type Page } from './page.ts';
import { readResource } from './resource-page.ts';
import { vaultPage } from './vault-page.ts';

/** Page: an existing key of the vault, or the settings of a new one. The inputs tell which. */
export const keyPage: Page<ChosenKey> = {
  name: 'key',
  label: 'Key',
  dependsOn: ['vault'],
  answer: ChosenKey,
  typed: ({ key }) => (key === undefined ? null : { key }),
  async take(form, inputs, { azure, now }) {
    const vaultId = answerOn(form, vaultPage);
    if (vaultId === null) return refuse('unknown-vault');
    const [hasName, hasKey] = [inputs.newKeyName.trim() !== '', inputs.key.trim() !== ''];
    // Also after "existing", because the page offers only a new key if no key fits any more.
    const makes = form.keyWay === 'new' || (hasName && (form.keyWay === null || !hasKey));
    const chosen = makes ? chooseNewKey(inputs, now()) : await chooseKey(azure, vaultId, inputs.key);
    return chosen.kind === 'refused' ? chosen : chosen.value;
  },
  async facts(form, { azure, now }) {
    const vaultId = answerOn(form, vaultPage);
    if (vaultId === null) return refuse('unknown-vault');
    const [resource, vault, keys] = await Promise.all([
      readResource(form, azure),
      azure.vaults.get(vaultId),
      azure.keys.list(vaultId),
    ]);
    if (isRefusal(resource) || !resource.ok) return resource;
    if (!vault.ok) return vault;
    if (!keys.ok) return keys;
    if (vault.value === null) return refuse('unknown-vault', armIdParts(vaultId).name);
    const judged = judgeKeys(keys.value, now());
    const chosen = answerOn(form, keyPage);
    // Without a fit key, the page shows only the new-key inputs.
    const way = judged.some(({ fit }) => fit) ? (form.keyWay ?? 'existing') : 'new';
    return done({ page: 'key', resource: resource.value, vault: vault.value, keys: judged, way, chosen, now: now() });
  },
};
