import { allInOrder, valueOrThrow } from '../../domain/failure.ts';
import { armIdParts } from '../../domain/ids.ts';
import { isRefusal, refuse } from '../../domain/request/refusal.ts';
import { ChosenKey, chooseKey, chooseNewKey, followsIf, judgeKeys } from '../choose.ts';
import { kindNamed } from '../resources/registry.ts';
import { answerOn, type Page } from './page.ts';
import { readResource, resourcePage } from './resource-page.ts';
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
    const hasName = inputs.newKeyName.trim() !== '';
    const hasKey = inputs.key.trim() !== '';
    // Also after "existing", because the page offers only a new key if no key fits any more.
    const makes = form.keyWay === 'new' || (hasName && (form.keyWay === null || !hasKey));
    const chosen = makes ? chooseNewKey(inputs, now()) : await chooseKey(azure, vaultId, inputs.key);
    const ref = answerOn(form, resourcePage);
    const canFollow = ref !== null && kindNamed(ref.kind).follows === true;
    return isRefusal(chosen) ? chosen : { ...chosen, ...followsIf(canFollow && inputs.followVersions === 'true') };
  },
  async facts(form, { azure, now }) {
    const vaultId = answerOn(form, vaultPage);
    if (vaultId === null) return refuse('unknown-vault');
    const [resource, vault, listed] = await allInOrder([
      readResource(form, azure),
      azure.vaults.get(vaultId).then(valueOrThrow),
      azure.keys.list(vaultId).then(valueOrThrow),
    ]);
    if (isRefusal(resource)) return resource;
    if (vault === null) return refuse('unknown-vault', armIdParts(vaultId).name);
    const keys = judgeKeys(listed, now());
    const chosen = answerOn(form, keyPage);
    // Without a fit key, the page shows only the new-key inputs.
    const way = keys.some(({ fit }) => fit) ? (form.keyWay ?? 'existing') : 'new';
    return { page: 'key', resource, vault, keys, way, chosen, now: now() };
  },
};
