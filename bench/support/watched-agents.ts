/** Many agents, each under a key of its own that an earlier request approved, for what grows with them. */

import { vaultUri } from '../../sandbox/azure/key-vault/vault-body.ts';
import type { Command } from '../../src/domain/request/request-command.ts';
import { agentIn, newestIn, vaultIn } from '../../test/support/azure/azure-state.ts';
import { changeState, type RunningAzure } from '../../test/support/azure/local-azure.ts';
import { encryptionUser } from '../../test/support/azure/local-azure-names.ts';
import {
  approve,
  checkRun,
  doneWith,
  intends,
  plan,
  proved,
  records,
  submit,
} from '../../test/support/builders/commands.ts';
import { resourceId } from '../../test/support/builders/fixtures.ts';

interface Place {
  readonly uri: string;
  readonly version: string;
}

/** Replaces the simulated agents by `agent-1` to `agent-COUNT`. Returns the vault's address and the version of every key. */
export async function watchAgents(azure: RunningAzure, count: number): Promise<Place> {
  let place: Place = { uri: '', version: '' };
  await changeState(azure, (state) => {
    const vault = vaultIn(state, 'kv-care-prod');
    const like = agentIn(state, 'virtual-visit-agent');
    // Without their material, which no client uses, the keys fit into one request.
    const version = { ...newestIn(state, vault.name, 'cmk-triage-agent'), jwk: {} };
    place = { uri: vaultUri(vault), version: version.version };
    const names = Array.from({ length: count }, (_, n) => `agent-${n + 1}`);
    vault.keys = names.map((name) => ({ name: `key-${name}`, versions: [version], deletedAt: null }));
    state.agents = names.map((name) => {
      const key = { keyName: `key-${name}`, keyVaultUri: place.uri, keyVersion: place.version, userIdentity: null };
      return { ...like, name, content: { ...like.content, keyVaultProperties: key } };
    });
    const access = { scope: '/', roleDefinitionId: encryptionUser, principalId: like.content.identity?.principalId };
    state.roleAssignments.push({ ...state.roleAssignments[0], name: crypto.randomUUID(), ...access });
  });
  return place;
}

/** A request that put the agent under its key and verified it: each command with its cause. */
export function approvedKey(agent: string, { uri, version }: Place): readonly (readonly [string, Command])[] {
  const { steps, ...rest } = plan(resourceId(agent));
  const text = JSON.stringify({ ...rest, steps: steps.filter(({ name }) => name === 'verify') })
    .replaceAll('/rg-care/', '/rg-care-prod/')
    .replaceAll('kv-care"', 'kv-care-prod"')
    .replaceAll('"care"', `"key-${agent}"`)
    .replaceAll('https://kv-care.vault.azure.net/', uri)
    .replaceAll('0'.repeat(32), version);
  const own = { plan: JSON.parse(text) };
  return [
    ['submit', submit({ ...own, resourceName: agent })],
    ['click:approve', approve()],
    ['run:1/check', { ...checkRun(), ...own }],
    ['run:1/verify/1/intent', intends(1, 'verify')],
    ['run:1/verify/1', records(1, doneWith('verify', { proofs: proved }))],
  ];
}
