import { vaultUri } from '../../sandbox/azure/key-vault/vault-body.ts';
import {
  type AzureState,
  agentIn,
  allow,
  type Change,
  givePolicy,
  keyIn,
  newestIn,
  scopes,
  vaultIn,
} from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { azureState, type Ended, follow, type Path } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { approvalCard, approve, people, places, shows, submit, type, writes } from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const grant = expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/);

const world = scenario({ restoresAzure: true });

/** All that a request for this agent and vault has no business with. */
const theRest = (state: AzureState, { agent, vault }: Path) => ({
  agents: state.agents.filter(({ name }) => name !== agent),
  vaults: state.vaults.filter(({ name }) => name !== vault),
  groups: [state.groups, state.users, state.roleDefinitions, state.locks, state.userAssignedIdentities],
});

/** The agent is under the key that was asked for, may use it, cannot lose it, and nothing else is another than before. */
function expectUnderKey(before: AzureState, { azure }: Ended, path: Path): void {
  const vault = vaultIn(azure, path.vault);
  const keyName = String(path.key);
  const { content, provisioningState } = agentIn(azure, path.agent);
  expect(provisioningState).toBe('Succeeded');
  expect(content.keyVaultProperties).toEqual({
    keyName,
    keyVaultUri: vaultUri(vault),
    keyVersion: newestIn(azure, path.vault, keyName).version,
    userIdentity: null,
  });
  expect([vault.enableSoftDelete, vault.enablePurgeProtection]).toEqual([true, true]);
  const principalId = content.identity?.principalId;
  const scope = `${scopes.vault(azure, path.vault)}/keys/${keyName}`;
  const held = vault.enableRbacAuthorization
    ? azure.roleAssignments.filter((one) => one.principalId === principalId && scope.startsWith(one.scope))
    : vault.accessPolicies.filter((one) => one.objectId === principalId);
  expect(held).toHaveLength(1);
  expect(theRest(azure, path)).toEqual(theRest(before, path));
}

/** Walks a path to its end, and checks what Azure then holds. */
async function walk(path: Path, change?: Change): Promise<Ended & { readonly before: AzureState }> {
  if (change !== undefined) await changeState(world.azure, change);
  const before = await azureState(world);
  const ended = await follow(world, path);
  expectUnderKey(before, ended, path);
  return { ...ended, before };
}

test('an access-policy vault and an agent with a user-assigned identity: what others hold is kept', async () => {
  const path = { agent: 'visitor-agent', vault: 'kv-policy-keys', key: 'cmk-policy' };
  const change = givePolicy('kv-policy-keys', '90000000-0000-4000-8000-0000000000aa', 'get', 'list');
  const { wrote, azure, before, end, review } = await walk(path, change);
  expect(wrote).toEqual([
    'PATCH healthBots/visitor-agent 201',
    'PUT accessPolicies/add 200',
    'PATCH healthBots/visitor-agent 201',
  ]);
  const was = vaultIn(before, path.vault).accessPolicies;
  const is = vaultIn(azure, path.vault).accessPolicies;
  expect(is.slice(0, was.length)).toEqual(was);
  expect(is.slice(was.length).map(({ permissions }) => permissions.keys)).toEqual([['get', 'wrapKey', 'unwrapKey']]);
  const { identity } = agentIn(azure, path.agent).content;
  expect(identity?.type).toBe('SystemAssigned, UserAssigned');
  expect(identity?.userAssignedIds).toEqual(agentIn(before, path.agent).content.identity?.userAssignedIds);
  expect(review).toContain('Resource identity: user-assigned → user-assigned and system-assigned');
  expect(end).toContain('Key tested: not verified');
});

test('an agent that holds identity and grant already has one change made, and no tick is asked for', async () => {
  const path = { agent: 'ward-agent', vault: 'kv-care-north', key: 'cmk-north' };
  const { wrote, review, approval } = await walk(path, allow('ward-agent', 'kv-care-north', 'cmk-north'));
  expect(wrote).toEqual(['PATCH healthBots/ward-agent 201']);
  expect(review).toContain('2 steps in Azure');
  expect(approval.filter((line) => line.startsWith('[ ]'))).toEqual([]);
});

/** To the newest version: test/long/retire-version; to a new one: test/scenario/transcripts. */
test('a rotation to a version that is named, and to a key in another vault', async () => {
  const agent = 'virtual-visit-agent';
  const vault = 'kv-hospital-keys';
  const key = 'cmk-virtual-visit';
  const versions = async () => keyIn(await azureState(world), vault, key).versions;
  const inUse = async () => agentIn(await azureState(world), agent).content.keyVaultProperties;
  const rotate = async (to: string): Promise<readonly string[]> => {
    const review = await type(world, people.requester, `/rotate-cmk resource=${agent} ${to}`);
    const from = (await world.azureRequests()).length;
    const id = await submit(world, review, 'The version ends before Christmas');
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    return writes(world, from);
  };
  const before = await versions();
  const named = before.at(-1)?.version;
  expect(await rotate(`version=${named}`)).toEqual([`PATCH healthBots/${agent} 201`]);
  expect(await inUse()).toMatchObject({ keyName: key, keyVersion: named });
  expect(await rotate('vault=kv-care-prod key=cmk-triage-agent')).toEqual([
    grant,
    'PATCH vaults/kv-care-prod 200',
    `PATCH healthBots/${agent} 201`,
  ]);
  expect(await inUse()).toMatchObject({ keyName: 'cmk-triage-agent' });
  expect(await versions()).toEqual(before);
  expect((await readRecord(world)).findings).toEqual([]);
});
