import { expect, it } from '@jest/globals';
import type { Holders } from '../../../src/authorization/role-checks.ts';
import { done, failed, type Outcome } from '../../../src/domain/failure.ts';
import { ArmId, PersonId } from '../../../src/domain/ids.ts';
import type { Rule } from '../../../src/domain/policy/rules.ts';
import { diagnoseAzure, diagnoseGuard, diagnoseRights } from '../../../src/operator/doctor/azure.ts';
import { diagnoseDatabase } from '../../../src/operator/doctor/database.ts';
import { runPart } from '../../../src/operator/doctor/diagnose.ts';
import type { Diagnosis, DiagnosisCode } from '../../../src/operator/doctor/diagnosis.ts';
import { diagnoseMembers, diagnosePeople, type Lookup } from '../../../src/operator/doctor/people.ts';
import type { DoctorEnvironment } from '../../../src/operator/doctor/subjects.ts';
import { failure } from '../../support/builders/commands.ts';
import { rule } from '../../support/builders/policies.ts';

test('a database that is lost meanwhile fails each check of it, and no other check', async () => {
  const rows = [{ number: 990_000, ssl: true, version: 'TLSv1.3', cipher: 'AES' }];
  let queries = 0;
  const lost = () => Promise.reject(new Error('Connection terminated unexpectedly'));
  const pool = {
    query: () => {
      queries += 1;
      return queries === 1 ? Promise.resolve({ rows }) : lost();
    },
    connect: lost,
  };
  const found = await diagnoseDatabase({
    config: { databaseUrl: 'postgres://bot@db.example/cmk', server: { mode: 'production' } },
    database: { pool },
  } as never);
  expect(found.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual([
    'db/answers ok',
    ...['db/tls fail', 'db/tables fail', 'db/tables fail', 'db/role fail', 'db/writes fail'],
  ]);
});

describe('--only', () => {
  const codes: readonly DiagnosisCode[] = ['teams/endpoint', 'teams/channels', 'teams/bot'];
  const never = new Promise<never>(() => undefined);
  const lost = new Error('Connection terminated unexpectedly');

  test.each<[string, () => Promise<readonly Diagnosis[]>, string]>([
    ['throws', () => Promise.reject(lost), lost.message],
    ['doesn’t answer', () => never, 'no answer within 0.01 seconds'],
  ])('names the wanted check if the part of it %s', async (_, look, found) => {
    expect(await runPart({ codes, look }, null, ['record/seals', 'teams/channels'], 10)).toMatchObject([
      { code: 'teams/channels', outcome: 'unknown', found },
    ]);
    expect(await runPart({ codes, look }, null, [], 10)).toMatchObject([{ code: 'teams/endpoint', found }]);
  });
});

/** What the doctor says of rules that leave too few people. Groups are named by their members: `ab` has two. */

const person = (letter: string): PersonId =>
  PersonId.parse(`20000000-0000-4000-8000-0000000000${letter.charCodeAt(0).toString(16)}`);
const group = (name: string): Holders => ({
  kind: 'group',
  name,
  members: [...name.replace(/[?-]/, '')].map(person),
  complete: !name.endsWith('?'),
});
const lookup: Lookup = (id) => (id === 'nothing' ? null : group(id));
const found = (change: Partial<Rule>, isUsual = false): readonly string[] =>
  diagnoseMembers(rule({ name: 'care', requesters: ['abc'], approvers: ['de'], ...change }), isUsual, lookup).map(
    (one) => one.found,
  );

it.each<[string, Partial<Rule>, readonly string[]]>([
  ['nothing where enough are left', {}, []],
  ['that no one can request', { requesters: ['-'] }, ['no one can request: its requesters have no members']],
  ['that no one can approve', { approvers: ['nothing'] }, ['no one can approve: its approvers have no members']],
  ['that a rule names no one', { approvers: [] }, ['no one can approve: the rule uses CMK_APPROVERS, which is empty']],
  [
    'that only the requester can approve',
    { requesters: ['a'], approvers: ['a'] },
    ['its only approver is also its only requester'],
  ],
  ['nothing where another can request', { requesters: ['ab'], approvers: ['a'] }, []],
  [
    'that more approvals are needed than people are left',
    { approvalsRequired: 2, extraApprovalForIrreversible: true },
    ['3 approvals can be needed, and at most 2 people can give one'],
  ],
  ['nothing where the directory did not list everyone', { requesters: ['a'], approvers: ['a?'] }, []],
])('says %s', (_what, change, words) => expect(found(change)).toEqual(words));

const kinds = ['guest', 'stranger', 'not-told'] as const;
const of = async (allowGuests: boolean, kind: (typeof kinds)[number]) => {
  const usual = rule({ name: 'environment', requesters: ['g'], approvers: ['g'] });
  const members = [{ id: person('a'), kind }];
  const look = async () => done({ kind: 'group' as const, name: 'Stewards', members, complete: true });
  const config = {
    azure: { subscriptions: [] },
    policy: { rules: [], tagRules: [], otherwise: usual, version: '1' },
    ...{ policyFile: null, operators: [], admission: { readers: [], operators: [], allowGuests } },
  };
  const all = await diagnosePeople({ config, azure: { groups: { look } } } as unknown as DoctorEnvironment);
  return all.filter(({ outcome }) => outcome === 'fail').map(({ code }) => code);
};

it('the doctor counts guests only if they are allowed, and fails if the directory doesn’t say who is one', async () => {
  expect(await of(false, 'guest')).toEqual(['people/policy']);
  expect(await of(false, 'stranger')).toEqual(['people/policy']);
  expect(await of(false, 'not-told')).toContain('people/groups');
  expect(await of(true, 'not-told')).not.toContain('people/groups');
});

it('the doctor warns of a rule that never applies, and of IDs without a person', async () => {
  const members = [{ id: person('a'), kind: 'member' as const }];
  const look = async (id: string) =>
    done(id === 'x' ? null : { kind: 'group' as const, name: id, members, complete: true });
  const odd = rule({ name: 'odd', match: { subscriptions: ['s-9'] }, requesters: ['g'], approvers: ['x', 'h'] });
  const config = {
    azure: { subscriptions: ['s-1'] },
    policy: { rules: [odd], tagRules: [], otherwise: rule({ requesters: ['g'], approvers: ['h'] }), version: '1' },
    ...{ policyFile: null, operators: [], admission: { readers: [], operators: [], allowGuests: false } },
  };
  const all = await diagnosePeople({ config, azure: { groups: { look } } } as unknown as DoctorEnvironment);
  const said = all.map(({ found: words }) => words).join('\n');
  expect(said).toContain('approver x is neither a group nor a person');
  expect(said).toContain('never applies: none of its subscriptions is in CMK_SUBSCRIPTIONS');
});

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
