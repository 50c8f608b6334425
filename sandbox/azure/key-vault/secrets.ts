/** Reads and sets secrets. The product and its operators use nothing else. */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Reply, reply } from '../../http.ts';
import { sameId } from '../arm/ids.ts';
import type { SecretVersion, VaultSecret } from '../state/vaults.ts';
import { notFoundText } from './keys.ts';
import { dataPlaneAttributes } from './vault-body.ts';
import {
  Attributes,
  badParameter,
  parseVaultBody,
  requireSecretRight,
  Tags,
  type VaultCall,
  vaultRefusal,
} from './vault-call.ts';

/** "Any sequence of characters … maximum size 25k bytes" (About Azure Key Vault secrets). The text of the refusal is invented. */
const largestValue = 25_600;

const SetSecret = z.object({
  value: z.string(),
  contentType: z.string().nullish(),
  attributes: Attributes.nullish(),
  tags: Tags.nullable(),
});

const secretBundle = ({ base, vault }: VaultCall, { name }: VaultSecret, version: SecretVersion) => ({
  value: version.value,
  id: `${base}/secrets/${name}/${version.version}`,
  ...(version.contentType === null ? {} : { contentType: version.contentType }),
  attributes: dataPlaneAttributes(vault, version),
  ...(version.tags === null ? {} : { tags: version.tags }),
});

const secretOf = ({ vault }: VaultCall, name: string): VaultSecret | undefined =>
  vault.secrets.find((one) => sameId(one.name, name));

/** Reads a secret, also outside its dates; without a version, the newest. Refuses a disabled one (public reports). */
export const getSecret = (call: VaultCall, name: string, version: string): Reply => {
  requireSecretRight(call, 'get', name);
  const secret = secretOf(call, name);
  const found = version === '' ? secret?.versions.at(-1) : secret?.versions.find((one) => sameId(one.version, version));
  if (secret === undefined || found === undefined)
    throw vaultRefusal(404, 'SecretNotFound', notFoundText('secret', version === '' ? name : `${name}/${version}`));
  if (!found.enabled) {
    throw vaultRefusal(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
  }
  return reply(200, secretBundle(call, secret, found));
};

/** Sets a secret; a new version if the name exists. */
export const setSecret = (call: VaultCall, name: string): Reply => {
  requireSecretRight(call, 'set', name);
  const { value, contentType, attributes, tags } = parseVaultBody(SetSecret, call.incoming.body);
  if (Buffer.byteLength(value) > largestValue) throw badParameter(`The value is longer than ${largestValue} bytes.`);
  const now = Math.floor(call.now.getTime() / 1000);
  const version: SecretVersion = {
    version: randomBytes(16).toString('hex'),
    value,
    contentType: contentType ?? null,
    enabled: attributes?.enabled ?? true,
    nbf: attributes?.nbf ?? null,
    exp: attributes?.exp ?? null,
    created: now,
    updated: now,
    tags: tags ?? null,
  };
  const secret = secretOf(call, name) ?? { name, versions: [] };
  if (secret.versions.length === 0) call.vault.secrets.push(secret);
  secret.versions.push(version);
  return reply(200, secretBundle(call, secret, version));
};
