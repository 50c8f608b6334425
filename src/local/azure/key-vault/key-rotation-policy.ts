import { z } from 'zod';
import { type Reply, reply } from '../http/reply.ts';
import type { RotationPolicy, VaultKey } from '../state/schema-vaults.ts';
import { requireRight, type VaultCall } from './data-plane-access.ts';
import { badParameter } from './data-plane-errors.ts';
import { requireKey } from './data-plane-reads.ts';
import { parseVaultBody } from './data-plane-writes.ts';

const Action = z.looseObject({
  trigger: z.looseObject({ timeAfterCreate: z.string().nullish(), timeBeforeExpiry: z.string().nullish() }).nullish(),
  action: z.looseObject({ type: z.string().regex(/^(rotate|notify)$/i) }).nullish(),
});
type Action = z.infer<typeof Action>;

/** `KeyRotationPolicy` of the 7.5 description; members that are read-only there are taken and ignored. */
const Written = z.object({
  lifetimeActions: z.array(Action).max(2).nullish(),
  attributes: z.looseObject({ expiryTime: z.iso.duration().nullish() }).nullish(),
});

/** Who sets nothing is still told, 30 days ahead (recalled). */
const usualNotice: Action = { trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } };

const typeOf = (one: Action): string => one.action?.type.toLowerCase() ?? '';

/** The control plane writes the type in small letters. */
const withType = (one: Action): Action => ({
  ...one,
  action: { type: typeOf(one) === 'rotate' ? 'Rotate' : 'Notify' },
});

const actionsOf = (policy: RotationPolicy | null | undefined): readonly Action[] => {
  const stored = z.array(Action).safeParse(policy?.lifetimeActions).data ?? [];
  const told = stored.some((one) => typeOf(one) === 'notify');
  return [...stored, ...(told ? [] : [usualNotice])].map(withType);
};

/** The same policy as Azure Resource Manager writes it, by its description. */
export const policyInSmallLetters = (policy: RotationPolicy): RotationPolicy => {
  const stored = z.array(Action).safeParse(policy.lifetimeActions).data;
  if (stored === undefined) return policy;
  return { ...policy, lifetimeActions: stored.map((one) => ({ ...one, action: { type: typeOf(one) } })) };
};

/** Without an expiry time the member is not there (recorded by the official client libraries). */
const policyBody = (call: VaultCall, key: VaultKey) => {
  const { expiryTime, ...attributes } = key.rotationPolicy?.attributes ?? {};
  return {
    id: `${call.base}/keys/${key.name}/rotationpolicy`,
    lifetimeActions: actionsOf(key.rotationPolicy),
    attributes: { ...(expiryTime ? { expiryTime } : {}), ...attributes },
  };
};

export const getRotationPolicy = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'getrotationpolicy', name);
  return reply(200, policyBody(call, requireKey(call, name)));
};

/** The description wants 28 days at least; the words are ours. Only plain days, months and years are counted. */
const requireLongEnough = (expiryTime: string | null | undefined): void => {
  const days = /^P(\d+)D$/.exec(expiryTime ?? '')?.[1];
  if (days !== undefined && Number(days) < 28) {
    throw badParameter(`The expiry time ${String(expiryTime)} is too short: a key lives 28 days at least.`);
  }
};

/** Sets what is sent and leaves the rest, as the description has it. */
export const putRotationPolicy = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'setrotationpolicy', name);
  const key = requireKey(call, name);
  const sent = parseVaultBody(Written, call.incoming.body);
  requireLongEnough(sent.attributes?.expiryTime);
  const at = Math.floor(call.now.getTime() / 1000);
  const before = key.rotationPolicy?.attributes;
  const expiryTime = sent.attributes?.expiryTime === undefined ? before?.expiryTime : sent.attributes.expiryTime;
  key.rotationPolicy = {
    lifetimeActions: sent.lifetimeActions ?? actionsOf(key.rotationPolicy),
    attributes: { expiryTime: expiryTime ?? null, created: before?.created ?? at, updated: at },
  };
  return reply(200, policyBody(call, key));
};
