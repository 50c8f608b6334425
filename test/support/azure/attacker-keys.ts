/** What somebody does who may import keys into a vault: through the official client, as anybody with those rights could. */
import { generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from '@azure/keyvault-keys';
import { azureState } from '../world/path.ts';
import type { World } from '../world/world.ts';
import type { AzureState } from './azure-state.ts';
import { vaultIn } from './azure-state.ts';
import { clientsOf } from './local-azure-clients.ts';
import { owner } from './local-azure-names.ts';

export type Attacker = Awaited<ReturnType<typeof attackerIn>>;

function ownKey(): JsonWebKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const { n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
  const bytes = (part: string | undefined) => Buffer.from(part ?? '', 'base64url');
  return {
    kty: 'RSA',
    keyOps: ['wrapKey', 'unwrapKey'],
    ...{ n: bytes(n), e: bytes(e), d: bytes(d), p: bytes(p), q: bytes(q), dp: bytes(dp), dq: bytes(dq), qi: bytes(qi) },
  };
}

/** Somebody who is Key Vault Administrator there. */
export async function attackerIn(world: World, vault: string, name: string) {
  const { port } = vaultIn(await azureState(world), vault);
  // Each time anew: a connection that lay idle may be closed at the very moment it is used again.
  const keys = () => clientsOf(world.azure, owner).keys(`https://localhost:${port}/`);
  return {
    /** Imports a key whose private part they hold; returns its version. */
    async imports(tags: Record<string, string>): Promise<string> {
      const imported = await keys().importKey(name, ownKey(), { tags });
      return imported.properties.version ?? '';
    },
    /** What readers of the key can read: the tags of its newest version. */
    readsTags: async (): Promise<Record<string, string>> => (await keys().getKey(name)).properties.tags ?? {},
    /** Deletes the key for good, so that its name is free. */
    async removes(): Promise<void> {
      await keys().beginDeleteKey(name);
      await keys().purgeDeletedKey(name);
    },
  };
}

/** The versions of a key, oldest first; none where there is no key. */
export const versionsIn = (state: AzureState, vault: string, key: string) =>
  vaultIn(state, vault).keys.find(({ name, deletedAt }) => name === key && deletedAt === null)?.versions ?? [];
