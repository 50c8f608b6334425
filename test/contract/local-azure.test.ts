import {
  agentIn,
  type Change,
  deleteKey,
  onKey,
  onVault,
  putUnder,
  takeRoles,
  vaultIn,
} from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, messageOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

const azure = simulatedAzure({ restores: true });
const [agent, vault, key] = ['virtual-visit-agent', 'kv-hospital-keys', 'cmk-virtual-visit'] as const;

const onItsKey = (change: object): Change => onKey(vault, key, (version) => Object.assign(version, change));
const refusals: readonly (readonly [what: string, change: Change, words: RegExp])[] = [
  ['is disabled', onItsKey({ enabled: false }), /not allowed on a disabled key/],
  ['has expired', onItsKey({ exp: 1 }), /not allowed on an expired key/],
  ['isn’t valid yet', onItsKey({ nbf: 4_000_000_000 }), /not allowed on a key that is not yet valid/],
  ['doesn’t wrap', onItsKey({ keyOps: ['sign'] }), /is not permitted on this key/],
  ['is deleted', deleteKey(vault, key), /was not found in this key vault/],
  [
    'is behind a firewall',
    onVault(vault, (one) => Object.assign(one, { publicNetworkAccess: 'Disabled' })),
    /ForbiddenByFirewall/,
  ],
  [
    'isn’t the agent’s to use',
    (state) => {
      takeRoles(agentIn(state, agent).content.identity?.principalId ?? '')(state);
      vaultIn(state, vault).accessPolicies = [];
    },
    /may not use the key .* Key Vault answered/,
  ],
];

/** Its codes for a key that it can’t use aren’t documented: a client finds no more than words. */
test.each(refusals)('the operation that sets a key fails with a reason in words if the key %s', async (...row) => {
  const [, change, words] = row;
  let properties: object | null = null;
  await changeState(azure, (state) => {
    putUnder(agent, vault, key)(state);
    properties = { keyVaultProperties: agentIn(state, agent).content.keyVaultProperties };
    change(state);
  });
  const said = await messageOf(writeAgent(clientsOf(azure, owner), agentId(agent), { properties }));
  expect(said).toContain('KeyVaultError');
  expect(said).toMatch(words);
});

test.each<[string, 'GET' | 'POST', Record<string, string>, number]>([
  ['a name that somebody else’s server gave for this machine', 'GET', { host: 'azure.evil.example' }, 403],
  ['a page of another site', 'GET', { origin: 'https://evil.example' }, 403],
  ['a page in a sandbox', 'GET', { origin: 'null' }, 403],
  ['an image on such a page', 'GET', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a form, which needs no leave to be sent', 'POST', { 'content-type': 'text/plain' }, 415],
])('the doors, which show private keys, stay shut to %s', async (_who, method, headers, status) => {
  const path = method === 'GET' ? '/simulator/state' : '/simulator/faults';
  const body = { match: { url: 'attack' }, times: 1 };
  const answer = await http(azure, method, path, { headers, ...(method === 'POST' ? { body } : {}) });
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).not.toMatch(/BEGIN|"d"|attack/);
});
