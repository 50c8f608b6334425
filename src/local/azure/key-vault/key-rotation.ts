import { type Reply, reply } from '../http/reply.ts';
import type { RotationPolicy } from '../state/schema-vaults.ts';
import { requireRight, type VaultCall } from './data-plane-access.ts';
import { keyBundle } from './data-plane-bodies.ts';
import { requireKey } from './data-plane-reads.ts';
import { newKeyVersion } from './key-material.ts';
import { newestVersion } from './keys.ts';

const durationParts = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** When a version made now expires, in Unix seconds; null where the policy does not say. */
const expiryUnder = (policy: RotationPolicy | null | undefined, now: Date): number | null => {
  const found = durationParts.exec(policy?.attributes?.expiryTime ?? '');
  if (found === null) return null;
  const part = (n: number): number => Number(found[n] ?? 0);
  const end = new Date(now);
  end.setUTCFullYear(
    end.getUTCFullYear() + part(1),
    end.getUTCMonth() + part(2),
    end.getUTCDate() + 7 * part(3) + part(4),
  );
  end.setUTCHours(end.getUTCHours() + part(5), end.getUTCMinutes() + part(6), end.getUTCSeconds() + part(7));
  return Math.floor(end.getTime() / 1000);
};

/**
 * A new version like the newest one. That it works without a rotation policy and keeps type, size and operations is in the
 * recordings of Microsoft's JavaScript client (2022-05-27); that a policy's expiry time dates the new version is in
 * Microsoft's guide to rotation. Recalled, never seen: tags go along, dates do not, and the new version is enabled even
 * where the one before is not.
 */
export const rotateKey = async (call: VaultCall, name: string): Promise<Reply> => {
  requireRight(call, 'rotate', name);
  const key = requireKey(call, name);
  const old = newestVersion(key);
  const version = await newKeyVersion(
    {
      ...old,
      keySize: old.keySize ?? 2048,
      curve: old.curve ?? 'P-256',
      enabled: true,
      nbf: null,
      exp: expiryUnder(key.rotationPolicy, call.now),
    },
    call.now,
  );
  // Somebody may have deleted the key while its material was made.
  requireKey(call, name).versions.push(version);
  return reply(200, keyBundle(call, key, version));
};
