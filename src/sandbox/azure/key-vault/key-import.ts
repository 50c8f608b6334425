import { createPrivateKey, createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { type Reply, reply } from '../http/reply.ts';
import type { PrivateJwk } from '../state/schema-vaults.ts';
import { badParameter, requireRight, type VaultCall } from './data-plane-access.ts';
import { keyBundle } from './data-plane-reads.ts';
import { Attributes, addVersion, parseVaultBody, requireNotDeleted, Tags } from './data-plane-writes.ts';
import { sizeProblem, versionOf, wantedVersion } from './key-material.ts';

/** The body of `ImportKey` (7.4): a complete key as JWK, including its private part. */
const ImportKey = z.object({
  key: z.looseObject({
    kty: z.enum(['RSA', 'RSA-HSM']),
    key_ops: z.array(z.string()).optional(),
    n: z.string(),
    e: z.string(),
    d: z.string(),
  }),
  Hsm: z.boolean().optional(),
  attributes: Attributes.optional(),
  tags: Tags,
});

const parts = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;

function materialOf(sent: z.infer<typeof ImportKey>['key']): { readonly jwk: PrivateJwk; readonly keySize: number } {
  const jwk: PrivateJwk = { kty: 'RSA' };
  for (const part of parts) jwk[part] = z.string().parse(sent[part]);
  const key = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' }));
  return { jwk, keySize: key.asymmetricKeyDetails?.modulusLength ?? 0 };
}

/**
 * Imports a key, or a new version if the name exists.
 * The person who imports a key knows its private part. Azure shows nowhere that a key was imported.
 */
export const importKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'import', name);
  const body = parseVaultBody(ImportKey, call.incoming.body);
  const material = readable(() => materialOf(body.key));
  const hardware = body.Hsm === true || body.key.kty === 'RSA-HSM';
  const { attributes, tags } = body;
  const kty = hardware ? 'RSA-HSM' : 'RSA';
  const wanted = wantedVersion({ kty, keySize: material.keySize, keyOps: body.key.key_ops, attributes, tags });
  const problem = sizeProblem(call.vault, name, wanted);
  if (problem !== null) throw badParameter(problem);
  requireNotDeleted(call, name);
  const version = versionOf(wanted, material.jwk, call.now);
  return reply(200, keyBundle(call, addVersion(call.vault, name, version), version));
};

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw badParameter('The key that was sent is not a whole RSA key.');
  }
}
