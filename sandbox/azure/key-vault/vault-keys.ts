/** Keys over Resource Manager. */

import { z } from 'zod';
import { type Reply, reply } from '../../http.ts';
import { vaultVersions } from '../arm/api-versions.ts';
import { keyId } from '../arm/ids.ts';
import { armRoutes, type Call, param, type Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import { pageOf } from '../lists.ts';
import type { KeyVersion, Vault, VaultKey } from '../state/vaults.ts';
import { addKey, findKey, newestVersion, newKeyVersion, requireKey, requireVersion, wantedVersion } from './keys.ts';
import { attributesOf, vaultUri } from './vault-body.ts';
import { requireVault } from './vaults.ts';

/** List entries have only dates and addresses; type, size and operations are in the single key (2023-07-01 examples). */
const listedBody = (vault: Vault, key: VaultKey, version: KeyVersion) => ({
  id: keyId(vault, key.name),
  name: key.name,
  type: 'Microsoft.KeyVault/vaults/keys',
  location: vault.location,
  ...(version.tags === null ? {} : { tags: version.tags }),
  properties: {
    attributes: attributesOf(vault, version),
    keyUri: `${vaultUri(vault)}keys/${key.name}`,
    keyUriWithVersion: `${vaultUri(vault)}keys/${key.name}/${version.version}`,
  },
});

const keyBody = (vault: Vault, key: VaultKey, version: KeyVersion) => {
  const listed = listedBody(vault, key, version);
  return {
    ...listed,
    properties: {
      ...listed.properties,
      kty: version.kty,
      keyOps: version.keyOps,
      ...(version.keySize === null ? {} : { keySize: version.keySize }),
      ...(version.curve === null ? {} : { curveName: version.curve }),
    },
  };
};

const asVersion = (vault: Vault, key: VaultKey, version: KeyVersion, body: ReturnType<typeof listedBody>) => ({
  ...body,
  id: `${keyId(vault, key.name)}/versions/${version.version}`,
  name: version.version,
  type: 'Microsoft.KeyVault/vaults/keys/versions',
});

const getKey = (call: Call): Reply => {
  const vault = requireVault(call);
  const key = requireKey(vault, param(call, 'key'));
  return reply(200, keyBody(vault, key, newestVersion(key)));
};

const listKeys = (call: Call): Reply => {
  const vault = requireVault(call);
  const value = vault.keys
    .filter((key) => key.deletedAt === null)
    .map((key) => listedBody(vault, key, newestVersion(key)));
  return reply(200, pageOf(call, value));
};

const listVersions = (call: Call): Reply => {
  const vault = requireVault(call);
  const key = requireKey(vault, param(call, 'key'));
  const value = key.versions.map((one) => asVersion(vault, key, one, listedBody(vault, key, one)));
  return reply(200, pageOf(call, value));
};

const getVersion = (call: Call): Reply => {
  const vault = requireVault(call);
  const key = requireKey(vault, param(call, 'key'));
  const version = requireVersion(key, param(call, 'version'));
  return reply(200, asVersion(vault, key, version, keyBody(vault, key, version)));
};

const CreateKey = z.strictObject({
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z.strictObject({
    kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']).optional(),
    keySize: z.number().int().nullish(),
    curveName: z.string().nullish(),
    keyOps: z.array(z.string()).nullish(),
    attributes: z
      .strictObject({
        enabled: z.boolean().nullish(),
        nbf: z.number().int().nullish(),
        exp: z.number().int().nullish(),
        exportable: z.boolean().nullish(),
      })
      .nullish(),
  }),
});

/** Creates a key. An existing key is returned unchanged, whatever the body says. */
const createKey = async (call: Call): Promise<Reply> => {
  const vault = requireVault(call);
  const name = param(call, 'key');
  const existing = findKey(vault, name);
  if (existing !== undefined) return reply(200, keyBody(vault, existing, newestVersion(existing)));
  const { tags, properties } = parseBody(CreateKey, call.incoming.body, 'BadRequest');
  const { kty = 'RSA', keySize, curveName: curve, keyOps, attributes } = properties;
  const wanted = wantedVersion({ kty, keySize, curve, keyOps, attributes, tags });
  const key = await addKey('arm', vault, name, wanted, () => newKeyVersion(wanted, call.now));
  return reply(200, keyBody(vault, key, newestVersion(key)));
};

const keyRoute = armRoutes(vaultVersions, 'Microsoft.KeyVault/vaults/keys');
const keys = '/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}/keys';

export const vaultKeyRoutes: readonly Route[] = [
  keyRoute('GET', keys, 'read', listKeys),
  keyRoute('GET', `${keys}/{key}`, 'read', getKey),
  keyRoute('PUT', `${keys}/{key}`, 'write', createKey),
  keyRoute('GET', `${keys}/{key}/versions`, 'versions/read', listVersions),
  keyRoute('GET', `${keys}/{key}/versions/{version}`, 'versions/read', getVersion),
];
