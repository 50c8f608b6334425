/** `POST /simulator/portal`: what a person changes in Azure without the bot, so that the bot finds a difference. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import { teamMember } from '../people.ts';
import { vaultAt } from './agents/key-test.ts';
import { newEtag } from './agents/operations.ts';
import { keyId, sameId } from './arm/ids.ts';
import { type Incoming, parseBody } from './incoming.ts';
import { vaultUri } from './key-vault/vault-body.ts';
import type { HealthBot } from './state/agents.ts';
import { RoleAssignment } from './state/principals.ts';
import type { SimulatorState } from './state/schema.ts';
import { newAgent } from './state/seed.ts';
import { care } from './state/seed-places.ts';
import { roles } from './state/seed-roles.ts';
import type { KeyVersion, Vault } from './state/vaults.ts';
import type { World } from './world.ts';

/** The agent with its key, as the person finds them. */
interface Found {
  readonly state: SimulatorState;
  readonly agent: HealthBot;
  readonly vault: Vault;
  readonly key: Vault['keys'][number];
  readonly version: KeyVersion;
  readonly principalId: string;
  readonly now: Date;
}

const seconds = (now: Date): number => Math.floor(now.getTime() / 1_000);

/** Sets another usable key, and gives the agent access to it. */
const replaceKey = ({ state, agent, key, principalId, now }: Found): void => {
  const all = state.vaults.flatMap((vault) => vault.keys.map((one) => ({ vault, one, last: one.versions.at(-1) })));
  const other = all.find(
    ({ vault, one, last }) =>
      vault.enableRbacAuthorization && vault.enablePurgeProtection && one !== key && last?.enabled && !one.deletedAt,
  );
  if (other?.last === undefined) throw Refusal.of(409, 'Conflict', 'There is no other key.');
  const { vault, one, last } = other;
  const scope = keyId(vault, one.name);
  const at = now.toISOString();
  const role = { roleDefinitionId: roles.cryptoServiceEncryptionUser, principalId };
  const written = { createdOn: at, createdBy: teamMember.id, effectiveAt: at };
  state.roleAssignments.push(RoleAssignment.parse({ name: randomUUID(), scope, ...role, ...written }));
  const properties = { keyName: one.name, keyVaultUri: vaultUri(vault), keyVersion: last.version, userIdentity: null };
  agent.content.keyVaultProperties = properties;
};

const changes: Readonly<Record<string, (found: Found) => void>> = {
  'remove-key': ({ agent }) => {
    agent.content.keyVaultProperties = null;
  },
  'replace-key': replaceKey,
  'disable-key': ({ version }) => {
    version.enabled = false;
  },
  'delete-key': ({ key, now }) => {
    key.deletedAt = seconds(now);
  },
  'expire-key': ({ version, now }) => {
    version.exp = seconds(now);
  },
  'turn-off-identity': ({ state, agent, principalId }) => {
    agent.content.identity = null;
    state.principals = state.principals.filter(({ id }) => id !== principalId);
  },
  'remove-permission': ({ state, vault, principalId }) => {
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== principalId);
    vault.accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId !== principalId);
  },
};

const Wanted = z.strictObject({ agent: z.string().min(1), change: z.enum(['create', ...Object.keys(changes)]) });

const find = (state: SimulatorState, name: string, now: Date): Found => {
  const agent = state.agents.find((one) => sameId(one.name, name));
  const set = agent?.content.keyVaultProperties;
  const vault = set ? vaultAt(state, set.keyVaultUri) : undefined;
  const key = vault?.keys.find((one) => set && sameId(one.name, set.keyName));
  const version = key?.versions.find((one) => one.version === set?.keyVersion) ?? key?.versions.at(-1);
  if (agent === undefined || vault === undefined || key === undefined || version === undefined)
    throw Refusal.of(409, 'Conflict', `${name} has no customer-managed key.`);
  return { state, agent, vault, key, version, principalId: agent.content.identity?.principalId ?? '', now };
};

/** Changes an agent or its key as a custodian of keys does in the portal, or creates an agent. */
export const postPortal = (world: World, incoming: Incoming): Reply => {
  const { agent: name, change } = parseBody(Wanted, incoming.body, 'BadRequest');
  const { state } = world;
  const now = new Date();
  if (change === 'create') {
    state.agents.push(newAgent(name, care, now.toISOString()));
    return reply(204);
  }
  const found = find(state, name, now);
  const { agent } = found;
  const before = JSON.stringify(agent.content);
  changes[change]?.(found);
  if (JSON.stringify(agent.content) !== before) {
    agent.etag = newEtag();
    const by = { lastModifiedBy: teamMember.email, lastModifiedByType: 'User', lastModifiedAt: now.toISOString() };
    agent.systemData = { ...agent.systemData, ...by };
  }
  world.changes.follow(state, { principalId: teamMember.id, userAgent: 'Azure portal' }, now);
  return reply(204);
};
