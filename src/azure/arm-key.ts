/** A key as ARM writes it, read into our words. */
import { z } from 'zod';
import { type KeyName, KeyVersion } from '../domain/ids.ts';
import type { ObservedKey } from '../domain/observed.ts';

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

/** The tag by which the bot knows a key that it made, and for which request. */
export const madeForTag = 'cmk-bot-request';

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
    madeFor: tags?.[madeForTag] ?? null,
  };
}
