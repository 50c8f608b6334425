import { AzClient, azCommands } from '../support/azure/az-client.ts';
import type { AzureState } from '../support/azure/azure-state.ts';
import { changeState, discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { bot, careId, researchId } from '../support/azure/local-azure-names.ts';
import { grantsRole, mainRole } from '../support/azure/role-files.ts';

/** Azure's own command line client, which knows nothing of this server, does what an operator would do with it. */

const program = process.env.CMK_AZ ?? '';
if (program === '')
  process.stdout.write('not run: it needs az, whose place CMK_AZ names (docs/develop/simulator.md)\n');
const test = program === '' ? globalThis.test.skip : globalThis.test;

let azure: RunningAzure;
let az: AzClient;
beforeEach(async () => {
  if (program === '') return;
  azure = await startAzure();
  az = new AzClient(program, azure);
  await az.signIn();
});
afterEach(async () => {
  if (program !== '') await discard(azure);
});

const stateNow = async (): Promise<AzureState> => (await http(azure, 'GET', '/simulator/state')).body;
/** Runs a script of `infra`, which prints these words and complains of nothing. */
async function prints(words: string, script: string, ...args: readonly string[]): Promise<string> {
  const { said, printed } = await az.script(script, ...args);
  expect([said, printed]).toEqual(['', expect.stringContaining(words)]);
  return printed;
}

test('az does what it does with the real Azure', async () => {
  const unexpected: string[] = [];
  for (const { line, ends, says } of azCommands) {
    const { endedWell, printed, said } = await az.run(line);
    const words = endedWell ? printed : said;
    if (endedWell !== (ends === 'well') || !says.test(words)) unexpected.push(`${line}: ${words.trim().slice(0, 400)}`);
  }
  expect(unexpected).toEqual([]);
}, 3_600_000);

test('infra/grant-graph.sh gives what is missing by az, reads it back, and then finds nothing to do', async () => {
  await changeState(azure, (state: AzureState) => {
    for (const one of state.principals) if (one.id === bot.id) one.graphPermissions = ['User.Read.All'];
  });
  const shown = await prints('GroupMember.Read.All is missing.', 'infra/grant-graph.sh', bot.id);
  expect(shown).toContain('Nothing was changed. --yes does it.');
  await prints('read back', 'infra/grant-graph.sh', '--yes', bot.id);
  await prints('Nothing to do.', 'infra/grant-graph.sh', '--yes', bot.id);
}, 600_000);

test('infra/grant-azure.sh makes the roles, gives them, and finds nothing to do when repeated', async () => {
  const needed = [mainRole, grantsRole] as const;
  // As in a tenant that never saw the bot, and with a default subscription that is none of the scopes.
  await changeState(azure, (state: AzureState) => {
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== bot.id);
    state.roleDefinitions = state.roleDefinitions.filter((one) => one.type === 'BuiltInRole');
  });
  await az.run(`az account set --subscription ${researchId}`);
  const group = `/subscriptions/${careId}/resourceGroups/rg-care-prod`;
  await prints('Nothing was changed. --yes does it.', 'infra/grant-azure.sh', bot.id, group);
  await prints('read back', 'infra/grant-azure.sh', '--yes', bot.id, group);
  const { roleAssignments, roleDefinitions } = await stateNow();
  const held = roleAssignments
    .filter(({ principalId }) => principalId === bot.id)
    .map(({ roleDefinitionId, scope, condition }) => [
      roleDefinitions.find(({ id }) => id === roleDefinitionId)?.roleName,
      scope,
      condition !== null,
    ]);
  expect(held).toEqual(needed.map(({ Name }, n) => [Name, group, n === 1]));
  for (const { Name, Actions, DataActions } of needed)
    expect(roleDefinitions.find(({ roleName }) => roleName === Name)).toMatchObject({
      permissions: [{ actions: Actions, notActions: [], dataActions: DataActions, notDataActions: [] }],
      assignableScopes: [`/subscriptions/${careId}`],
    });
  await prints('Nothing to do.', 'infra/grant-azure.sh', '--yes', bot.id, group);
}, 1_800_000);
