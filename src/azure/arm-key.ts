/** A key as ARM writes it, read into our words. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Receipt } from '../domain/failure.ts';
import { type KeyName, KeyVersion } from '../domain/ids.ts';
import type { ObservedKey } from '../domain/observed.ts';
import type { CreatedKey, KeyMark } from '../domain/ports/azure.ts';

/** Only what is used; the SDK has flattened `properties` and calls nbf and exp by words, in seconds. */
const ArmKey = z.object({
  kty: z.string(),
  keySize: z.number().nullish(),
  keyOps: z.array(z.string()).nullish(),
  keyUriWithVersion: z.string(),
  attributes: z
    .object({
      enabled: z.boolean().nullish(),
      notBefore: z.number().nullish(),
      expires: z.number().nullish(),
      created: z.number().nullish(),
    })
    .nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
});

const nonceTag = 'cmk-bot-nonce';

/** The tags of a made key. Only the nonce is ever read, and its hash alone leaves here. */
export const tagsOf = ({ request, nonce }: KeyMark): Record<string, string> => ({
  'cmk-bot-request': request,
  [nonceTag]: nonce,
});

/** Of any text: whatever somebody wrote there is a hash that nobody stored. */
export function nonceHashOf(tags: Readonly<Record<string, string>> | null | undefined): string | null {
  const nonce = tags?.[nonceTag];
  return nonce === undefined ? null : createHash('sha256').update(nonce, 'utf8').digest('hex');
}

const isoOf = (seconds: number | null | undefined): string | null =>
  typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;

/** `https://v.vault.azure.net:443/keys/k/<version>`: the version is the last part, and no other is to be relied on. */
export const versionIn = (address: string): string => (address.split('/').at(-1) ?? '').toLowerCase();

/** The name is the one asked for: a version read by itself carries the version as its name. */
export function observedKey(name: KeyName, key: unknown): ObservedKey {
  const { kty, keySize, keyOps, keyUriWithVersion, attributes, tags } = ArmKey.parse(key);
  return {
    name,
    version: KeyVersion.parse(versionIn(keyUriWithVersion)),
    type: kty,
    size: keySize ?? null,
    operations: keyOps ?? [],
    enabled: attributes?.enabled !== false,
    notBefore: isoOf(attributes?.notBefore),
    expires: isoOf(attributes?.expires),
    created: isoOf(attributes?.created),
    nonceHash: nonceHashOf(tags),
  };
}

/** What came of a create, by what the answer carries. */
export const createdKey = (
  version: KeyVersion,
  tags: Readonly<Record<string, string>> | null | undefined,
  { nonce }: KeyMark,
): Omit<CreatedKey, keyof Receipt> => ({ version, carriesNonce: tags?.[nonceTag] === nonce });
