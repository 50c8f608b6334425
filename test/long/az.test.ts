import { AzClient, type AzOutcome } from '../support/azure/az-client.ts';
import { type AzCommand, azCommands } from '../support/azure/az-commands.ts';
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

const asReal = ({ ends, says }: AzCommand, { endedWell, printed, said }: AzOutcome): boolean =>
  endedWell === (ends === 'well') && says.test(endedWell ? printed : said);

test('az does what it does with the real Azure', async () => {
  const unexpected: string[] = [];
  for (const command of azCommands) {
    const outcome = await az.run(command.line);
    const words = (outcome.endedWell ? outcome.printed : outcome.said).trim().slice(0, 400);
    if (!asReal(command, outcome)) unexpected.push(`${command.line}: ${words}`);
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

describe('infra/grant-azure.sh, by az', () => {
  const needed = [mainRole, grantsRole] as const;

  /** As in a tenant that never saw the bot. */
  const forget = (state: AzureState): void => {
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== bot.id);
    state.roleDefinitions = state.roleDefinitions.filter((one) => one.type === 'BuiltInRole');
  };
  const heldBy = (state: AzureState) =>
    state.roleAssignments
      .filter(({ principalId }) => principalId === bot.id)
      .map(({ roleDefinitionId, scope, condition }) => [
        state.roleDefinitions.find(({ id }) => id === roleDefinitionId)?.roleName,
        scope,
        condition === null ? 'no condition' : 'under a condition',
      ]);

  test.each([
    ['is among the scopes', careId],
    ['is none of the scopes', researchId],
  ])(
    'makes the roles, gives them, and finds nothing to do when repeated, where the default subscription %s',
    async (_where, standard) => {
      await changeState(azure, forget);
      await az.run(`az account set --subscription ${standard}`);
      const group = `/subscriptions/${careId}/resourceGroups/rg-care-prod`;
      await prints('Nothing was changed. --yes does it.', 'infra/grant-azure.sh', bot.id, group);
      await prints('read back', 'infra/grant-azure.sh', '--yes', bot.id, group);
      const state = await stateNow();
      expect(heldBy(state)).toEqual([
        [needed[0].Name, group, 'no condition'],
        [needed[1].Name, group, 'under a condition'],
      ]);
      for (const { Name, Actions, DataActions } of needed) {
        const made = state.roleDefinitions.find(({ roleName }) => roleName === Name);
        expect(made?.permissions).toEqual([
          { actions: Actions, notActions: [], dataActions: DataActions, notDataActions: [] },
        ]);
        expect(made?.assignableScopes).toEqual([`/subscriptions/${careId}`]);
      }
      await prints('Nothing to do.', 'infra/grant-azure.sh', '--yes', bot.id, group);
    },
    1_800_000,
  );

  test('widens a role that can be assigned elsewhere, and brings one that is older than its file up to it', async () => {
    await changeState(azure, (state: AzureState) => {
      for (const one of state.roleDefinitions.filter(({ roleName }) => roleName === needed[0].Name)) {
        one.assignableScopes = [`/subscriptions/${researchId}`];
        for (const permission of one.permissions) {
          permission.actions = permission.actions.filter((name) => !name.endsWith('versions/read'));
        }
      }
    });
    await prints('read back', 'infra/grant-azure.sh', '--yes', bot.id, careId);
    const role = (await stateNow()).roleDefinitions.find(({ roleName }) => roleName === needed[0].Name);
    expect(role?.assignableScopes).toEqual([careId, researchId].map((id) => `/subscriptions/${id}`));
    expect(role?.permissions[0]?.actions).toContain('Microsoft.KeyVault/vaults/keys/versions/read');
  }, 1_800_000);
});
