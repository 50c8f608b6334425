/** The Azure that a request of the catalogue is run against: what is requested there, and what testers, owners and others do to it. */
import { KeyVersion } from '../../../src/domain/ids.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { resourceRef, vaultId } from '../../contract/azure-setup.ts';
import { type AzureState, agentIn, type Change, newestIn, onAgent, onVault } from '../azure/azure-state.ts';
import { changeState, http, type RunningAzure } from '../azure/local-azure.ts';
import { clientsOf } from '../azure/local-azure-clients.ts';
import { owner } from '../azure/local-azure-names.ts';
import type { Fault } from '../world/story.ts';

export const seeded = { agent: 'triage-agent-prod', vault: 'kv-care-prod', key: 'cmk-triage-agent', made: 'cmk-made' };
export const rotated = { agent: 'virtual-visit-agent', vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };

export type AzureUnderRun = ReturnType<typeof azureUnderRun>;

const accepted = async (answer: Promise<{ readonly status: number; readonly body: unknown }>): Promise<void> => {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
};

export function azureUnderRun(running: RunningAzure) {
  const clients = clientsOf(running, owner);
  const state = async (): Promise<AzureState> => (await http(running, 'GET', '/simulator/state')).body;
  return {
    running,
    turnOn: (...names: readonly string[]) =>
      accepted(http(running, 'POST', '/simulator/scenarios', { body: { names } })),
    allOff: () => accepted(http(running, 'DELETE', '/simulator/scenarios')),
    fault: (...faults: readonly Fault[]) => accepted(http(running, 'POST', '/simulator/faults', { body: faults })),
    change: (...changes: readonly Change[]) =>
      changeState(running, (now) => {
        for (const change of changes) change(now);
      }),
    state,
    /** Azure's official clients, as the owner of everything signs in with them. */
    owner: clients,
    /** The same without a client: `PUT` of what no client in use here writes. */
    async asOwner(method: string, path: string, body?: unknown): Promise<void> {
      const headers = { authorization: `Bearer ${await clients.token()}` };
      await accepted(http(running, method, path, { headers, ...(body === undefined ? {} : { body }) }));
    },
    /** The address of a vault's own, where its data is. */
    async vaultAddress(name: string): Promise<string> {
      const vault = (await state()).vaults.find((one) => one.name === name);
      return `https://localhost:${vault?.port}/`;
    },
  };
}

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

export const keysOf = async (azure: AzureUnderRun, vault = seeded.vault) =>
  azure.owner.keys(await azure.vaultAddress(vault));

export const changing =
  (...changes: readonly Change[]) =>
  (azure: AzureUnderRun): Promise<void> =>
    azure.change(...changes);

export const removeIdentity = onAgent(seeded.agent, ({ content }) => Object.assign(content, { identity: null }));

/** The vault lies in that group then. */
export const vaultInGroup = (resourceGroup: string): Change =>
  onVault(seeded.vault, (vault) => Object.assign(vault, { resourceGroup }));
