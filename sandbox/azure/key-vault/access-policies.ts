/** Access policies over Resource Manager: adds, replaces and removes them. */

import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { vaultVersions } from '../arm/api-versions.ts';
import { sameId, vaultId } from '../arm/ids.ts';
import { armRoutes, type Call, param, type Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import { reached } from '../latency.ts';
import type { AccessPolicy, KeyPermissions, Vault } from '../state/vaults.ts';
import { policyBody } from './vault-body.ts';
import { newPolicy, PolicyBody, requireVault } from './vaults.ts';

const Body = z.object({ properties: z.object({ accessPolicies: z.array(PolicyBody) }) });

type Combine = (a: readonly string[], b: readonly string[]) => readonly string[];

const minus: Combine = (a, b) => a.filter((existing) => !b.some((right) => sameId(existing, right)));

const combinations = new Map<string, Combine>([
  ['add', (a, b) => [...a, ...minus(b, a)]],
  ['remove', minus],
  ['replace', (_, b) => b],
]);

const combine = (a: KeyPermissions, b: KeyPermissions, how: Combine): KeyPermissions => ({
  keys: [...how(a.keys, b.keys)],
  secrets: [...how(a.secrets, b.secrets)],
  certificates: [...how(a.certificates, b.certificates)],
  storage: [...how(a.storage, b.storage)],
});

const isEmpty = (rights: KeyPermissions): boolean => Object.values(rights).every((list) => list.length === 0);

const samePerson = (a: AccessPolicy, b: AccessPolicy): boolean =>
  sameId(a.objectId, b.objectId) && a.applicationId === b.applicationId;

/** Returns the key permissions that are effective now. New ones take effect after the propagation delay. */
const counting = (policy: AccessPolicy, now: Date): readonly string[] =>
  reached(policy.effectiveAt, now) ? policy.permissions.keys : policy.keysBefore;

const change = (vault: Vault, sent: AccessPolicy, how: Combine, now: Date): void => {
  const existing = vault.accessPolicies.find((one) => samePerson(one, sent));
  if (existing === undefined) {
    if (how !== minus) vault.accessPolicies.push(sent);
    return;
  }
  const rights = combine(existing.permissions, sent.permissions, how);
  const grows = minus(rights.keys, existing.permissions.keys).length > 0;
  const before = counting(existing, now);
  existing.permissions = rights;
  existing.keysBefore = before.filter((right) => rights.keys.includes(right));
  if (grows) existing.effectiveAt = sent.effectiveAt;
};

/** Adds, replaces or removes policies by object ID. Policies of other principals don't change. */
const updatePolicies = (call: Call): Reply => {
  const vault = requireVault(call);
  const kind = param(call, 'kind').toLowerCase();
  const how = combinations.get(kind);
  if (how === undefined) {
    throw Refusal.of(400, 'BadRequest', `The operation kind '${kind}' is not add, replace or remove.`);
  }
  const { properties } = parseBody(Body, call.incoming.body, 'BadRequest');
  const policies = properties.accessPolicies.map((one) =>
    newPolicy(vault, one, call.now, call.world.latency.propagation),
  );
  for (const policy of policies) change(vault, policy, how, call.now);
  vault.accessPolicies = vault.accessPolicies.filter((one) => !isEmpty(one.permissions));
  return reply(200, {
    id: `${vaultId(vault)}/accessPolicies/`,
    type: 'Microsoft.KeyVault/vaults/accessPolicies',
    properties: { accessPolicies: vault.accessPolicies.map(policyBody) },
  });
};

const policyRoute = armRoutes(vaultVersions, 'Microsoft.KeyVault/vaults/accessPolicies');
const pattern =
  '/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}/accessPolicies/{kind}';

export const accessPolicyRoutes: readonly Route[] = [policyRoute('PUT', pattern, 'write', updatePolicies)];
