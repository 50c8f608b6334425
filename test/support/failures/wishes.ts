/** What is wished in the catalogue: one wish for each way to a step. */
import { KeyVersion } from '../../../src/domain/ids.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { resourceRef, vaultId } from '../../contract/azure-setup.ts';
import { agentIn, newestIn } from '../azure/azure-state.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { rotated, seeded } from './names.ts';

const kind = { type: 'RSA', size: 3072, expires: null };

const madeFor = (agent: string) => ({
  ...{ operation: 'enable-cmk', resource: resourceRef(agent), vaultId: vaultId(seeded.vault) },
  ...{ keyName: seeded.made, keyVersion: null, newKey: kind },
});

type Make = (azure: AzureUnderRun) => Promise<unknown>;

const wishes = {
  /** Under an existing key. */
  enable: async (azure) => ({
    operation: 'enable-cmk',
    resource: resourceRef(seeded.agent),
    vaultId: vaultId(seeded.vault),
    keyName: seeded.key,
    keyVersion: newestIn(await azure.state(), seeded.vault, seeded.key).version,
    newKey: null,
  }),
  /** Under a key that the run makes, by way of Azure Resource Manager. */
  make: async () => madeFor(seeded.agent),
  /** The same of an agent that has identities of others’ making. */
  shared: async () => madeFor('visitor-agent'),
  /** To a version that the run makes, at the vault itself. */
  rotate: async (azure) => {
    const from = agentIn(await azure.state(), rotated.agent).content.keyVaultProperties;
    if (from === null) throw new Error('it is under no key');
    const { keyName, keyVaultUri: vaultUri, keyVersion } = from;
    const place = { vaultId: vaultId(rotated.vault), keyName };
    return {
      operation: 'rotate-cmk',
      resource: resourceRef(rotated.agent),
      from: { vaultUri, keyName, keyVersion },
      to: { way: 'new-version', ...place, after: KeyVersion.parse(keyVersion), make: kind },
    };
  },
} satisfies Record<string, Make>;
export type WishName = keyof typeof wishes;

export const wishNamed = async (name: WishName, azure: AzureUnderRun): Promise<StoredChangeSpec> =>
  StoredChangeSpec.parse(await wishes[name](azure));
