import { z } from 'zod';
import { type Reply, reply } from '../http/reply.ts';
import { requireRight, type VaultCall } from './data-plane-access.ts';
import { badParameter, vaultRefusal } from './data-plane-errors.ts';
import { requireKey, requireVersion } from './data-plane-reads.ts';
import { parseVaultBody } from './data-plane-writes.ts';
import { unwrapBytes, wrapBytes } from './key-material.ts';
import { type KeyOperation, keyUseProblem } from './key-use.ts';
import { signDigest } from './signing.ts';

const WrapBody = z.object({ alg: z.string(), value: z.string() });

const work: Readonly<Record<KeyOperation, typeof wrapBytes>> = {
  wrapKey: wrapBytes,
  unwrapKey: unwrapBytes,
  sign: signDigest,
};

/** Wraps or unwraps bytes with the real key, and signs a digest; values travel as base64url. */
export const useKey = (call: VaultCall, operation: KeyOperation, name: string, wantedVersion: string): Reply => {
  requireRight(call, operation, name);
  const version = requireVersion(requireKey(call, name), wantedVersion);
  const problem = keyUseProblem(version, operation, call.now);
  if (problem !== null) throw vaultRefusal(403, 'Forbidden', problem.message, problem.innerCode);
  const body = parseVaultBody(WrapBody, call.incoming.body);
  const input = Buffer.from(body.value, 'base64url');
  const output = attempt(() => work[operation](version, body.alg, input));
  if (output === null) throw badParameter(`Key and algorithm '${body.alg}' do not fit together.`);
  return reply(200, { kid: `${call.base}/keys/${name}/${version.version}`, value: output.toString('base64url') });
};

/** Real text for bytes that do not fit the key (recalled). */
const attempt = (use: () => Buffer | null): Buffer | null => {
  try {
    return use();
  } catch {
    throw badParameter('The parameter is incorrect.');
  }
};
