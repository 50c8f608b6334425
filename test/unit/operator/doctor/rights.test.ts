import { done, failed, type Outcome } from '../../../../src/domain/failure.ts';
import { ArmId } from '../../../../src/domain/ids.ts';
import { diagnoseAzure, diagnoseGuard, diagnoseRights } from '../../../../src/operator/doctor/azure.ts';
import { diagnosePeople } from '../../../../src/operator/doctor/people.ts';
import type { DoctorEnvironment } from '../../../../src/operator/doctor/subjects.ts';
import { failure } from '../../../support/builders/commands.ts';

const subscription = '/subscriptions/10000000-0000-4000-8000-000000000001';
const provider = (n: number, rest: string) => ArmId.parse(`${subscription}/resourceGroups/rg-${n}/providers/${rest}`);
const agent = (n: number) => ({ id: provider(n, `Microsoft.HealthBot/healthBots/agent-${n}`) });
const vault = (n: number) => ({
  ...{
    id: provider(n, `Microsoft.KeyVault/vaults/kv-${n}`),
    access: 'role-assignments' as const,
    uri: `https://kv-${n}.vault.azure.net/`,
  },
});
const none = { actions: [] as readonly string[], dataActions: [] as readonly string[] };
const refusal = failed(
  failure({ code: 'AuthorizationFailed', status: 403, message: 'The client has no authorization.' }),
);

/** What the bot's roles lack at each scope; one agent and one vault are listed. */
function environment(lacks: (scope: string) => Outcome<typeof none>): DoctorEnvironment {
  const parts = {
    config: {
      azure: { subscriptions: [subscription.split('/').at(-1)], signIn: { clientId: 'x', clientSecret: null } },
      policy: { rules: [], tagRules: [], otherwise: { requesters: [], approvers: [] } },
      admission: { readers: [], allowGuests: true },
      operators: [],
    },
    subscriptions: {
      lacks: async (scope: string, { actions }: typeof none) => {
        const found = lacks(scope);
        // It has nothing that no role of the bot has.
        return found.ok && actions.includes('Microsoft.KeyVault/vaults/delete') ? done({ ...none, actions }) : found;
      },
      time: async () => done(null),
    },
    ownObjectId: async () => 'b1',
    azure: {
      inventory: {
        resources: async () => done([agent(1)]),
        vaults: async () => done([vault(1)]),
        resourceKeys: async () =>
          done({ resources: [{ ...agent(1), name: 'agent-1', customerKey: null }], unread: [] }),
      },
      policies: { assigned: async () => refusal },
    },
  };
  return parts as unknown as DoctorEnvironment;
}

test('the doctor checks the permissions in all resource groups', async () => {
  const all = Array.from({ length: 27 }, (_, n) => n + 1);
  const env = environment((scope) =>
    done(/rg-27\//.test(scope) ? { ...none, actions: ['Microsoft.HealthBot/healthBots/write'] } : none),
  );
  const [found, ...more] = await diagnoseRights(env, { resources: all.map(agent), vaults: all.map(vault) });
  expect(found).toMatchObject({
    outcome: 'warn',
    found:
      'lacks Microsoft.HealthBot/healthBots/write on agents in rg-27; Microsoft.HealthBot/healthBots/write on vaults in rg-27',
  });
  expect(more).toEqual([]);
});

describe('with roles on resource groups only', () => {
  const onGroups = (atGroups: typeof none) =>
    environment((scope) => (scope === subscription ? refusal : done(atGroups)));

  test('the doctor warns, names what is lost, and doesn’t tell anyone to widen the role', async () => {
    const found = await diagnoseAzure(onGroups(none));
    const [reach] = found.filter(({ code }) => code === 'azure/subscription');
    expect(reach).toMatchObject({ outcome: 'warn', found: 'readable in resource groups only', commands: [] });
    expect(reach?.mend).toContain('Microsoft.Insights/eventtypes/values/read');
    expect(found.find(({ code }) => code === 'azure/rights')).toMatchObject({
      ...{ outcome: 'ok', found: 'all permissions of the bot’s roles in 2 of 3 scopes' },
    });
    expect(found.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
  });

  test('it checks the groups, and gives commands for the groups', async () => {
    const lacked = { actions: ['Microsoft.Authorization/roleAssignments/write'], dataActions: [] };
    const found = (await diagnoseAzure(onGroups(lacked))).find(({ code }) => code === 'azure/rights');
    expect(found?.outcome).toBe('warn');
    expect(found?.commands.join('\n')).toContain(`--scope ${subscription}/resourceGroups/rg-1 `);
    expect(found?.commands.join('\n')).not.toContain(`--scope ${subscription} `);
  });

  test('policies that can’t be read widen no role', async () => {
    const [found] = await diagnoseGuard(onGroups(none));
    expect(found).toMatchObject({ code: 'azure/guard', outcome: 'unknown' });
    expect(found?.commands.join('\n')).not.toContain('role assignment create');
  });

  test('a group that can’t be read isn’t reported as fine', async () => {
    const env = environment((scope) => (/vaults/.test(scope) ? refusal : done(none)));
    const found = await diagnoseRights(env, { resources: [agent(1)], vaults: [vault(1)] });
    expect(found.map(({ outcome, found: text }) => [outcome, text])).toEqual([
      ['ok', 'all permissions of the bot’s roles in 2 of 3 scopes'],
      ['unknown', 'not checked: vaults in rg-1: 403 AuthorizationFailed: The client has no authorization.'],
    ]);
  });
});

test('a check that needs a list or person that Azure doesn’t return says so', async () => {
  const denied = async () => refusal;
  const env = environment(() => done(none));
  const parts = {
    ...env,
    config: {
      ...env.config,
      policy: { rules: [], tagRules: [], otherwise: { match: {}, vaults: [], requesters: ['r1'], approvers: ['a1'] } },
      admission: { readers: [], allowGuests: false },
    },
    subscriptions: { ...env.subscriptions, time: denied },
    azure: {
      ...env.azure,
      inventory: { ...env.azure.inventory, resourceKeys: denied },
      groups: { look: denied, memberOf: denied },
    },
  } as unknown as DoctorEnvironment;
  const found = [...(await diagnoseAzure(parts)), ...(await diagnoseGuard(parts)), ...(await diagnosePeople(parts))];
  expect(found.filter(({ outcome }) => outcome === 'unknown').map(({ code }) => code)).toEqual([
    ...['record/clock', 'azure/guard', 'people/policy'],
  ]);
});
