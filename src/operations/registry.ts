/** All operations. To add one: its folder, its import, and its entry in this list. */
import { z } from 'zod';
import { KeyVersion } from '../domain/ids.ts';
import type { KeyWork } from '../domain/key-change.ts';
import { sameKeyName, sameVaultUri } from '../domain/observed.ts';
import type { ChangeSpec, Plan } from '../domain/plan.ts';
import { eventReader } from '../domain/request/events.ts';
import type { Request } from '../domain/request/request.ts';
import type { LastVerified } from '../domain/watch/drift.ts';
import { followsIf } from './choose.ts';
import { enableCmk } from './enable-cmk/enable-cmk.ts';
import type { Operation } from './operation.ts';
import { repairCmk } from './repair-cmk/repair-cmk.ts';
import { retireVersion } from './retire-version/retire-version.ts';
import { rotateCmk } from './rotate-cmk/rotate-cmk.ts';

const all = [enableCmk, rotateCmk, repairCmk, retireVersion] as const;
const [first, ...rest] = all;

/** Closed union of the list's schemas. Unknown operations, kinds and extra fields are refused. */
export const StoredChangeSpec = z.discriminatedUnion('operation', [first.schema, ...rest.map(({ schema }) => schema)]);
export type StoredChangeSpec = z.infer<typeof StoredChangeSpec>;

export const operations: readonly Operation[] = all;

/** Throws if it's invalid. */
export const parseEventBody = eventReader(StoredChangeSpec);

/** Throws if there is none. */
export function operationNamed(name: string): Operation {
  const operation = operations.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`operation ${name} is not known`);
  return operation;
}

/** Returns the operation for a resource with this kind of key; null: none. */
export const operationFrom = (key: Operation['startsFrom']): Operation | null =>
  operations.find(({ startsFrom }) => startsFrom === key) ?? null;

export const operationOf = (spec: ChangeSpec): Operation => operationNamed(spec.operation);

/** Returns the key work of a plan: input of its steps, and content of cards. */
export const workOf = ({ spec, observation }: Pick<Plan, 'spec' | 'observation'>): KeyWork => ({
  resource: spec.resource,
  observed: observation,
  ...operationOf(spec).change(spec),
});

/** Null: the request didn't succeed. */
export function lastVerifiedOf(request: Request): LastVerified | null {
  if (request.state !== 'succeeded') return null;
  const { plan, outputs } = request;
  const { to, from, retire, observed } = workOf(plan);
  const keyVersion = KeyVersion.safeParse(to.keyVersion ?? outputs.keyVersion ?? observed.key?.version).data;
  if (keyVersion === undefined) return null;
  const { id, name, uri, purgeProtection, firewall, access } = observed.vault;
  const isSameKey = from !== null && sameKeyName(from.keyName, to.keyName) && sameVaultUri(from.vaultUri, uri);
  return {
    request: request.id,
    planDigest: request.digest,
    at: request.changedAt,
    resource: plan.spec.resource,
    resourceName: request.resourceName,
    vault: {
      id,
      name,
      uri,
      firewall,
      access,
      purgeProtection: purgeProtection || plan.steps.some((step) => step.name === 'protect-vault'),
    },
    keyName: to.keyName,
    keyVersion,
    ...followsIf(to.follows),
    principalId: outputs.principalId ?? observed.resource.principalId,
    retired: retire ?? null,
    before: isSameKey && from.keyVersion !== keyVersion ? (KeyVersion.safeParse(from.keyVersion).data ?? null) : null,
  };
}
