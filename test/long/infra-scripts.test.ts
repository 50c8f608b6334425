import { describe, expect, test } from '@jest/globals';
import { grantCondition, roleFiles } from '../support/azure/role-files.ts';
import { type Answer, runWith } from '../support/processes/stand-ins.ts';

/**
 * The scripts that administrators run, with stand-ins for `az` and the rest: what they ask, what they would change and when they
 * stop. How the real `az` answers is written from its documentation, and of the first was seen by `test/long/az.test.ts`; none of
 * this ran against a tenant.
 */

const signedIn: Answer = { to: /^az account show/ };
const bot = '50000000-0000-4000-8000-0000000000b1';
/** Of the bot's app: it isn't the object ID. */
const appId = '70000000-0000-4000-8000-0000000000c1';
const graph = '50000000-0000-4000-8000-00000000000f';
const rights = { 'GroupMember.Read.All': 'role-of-groups', 'User.Read.All': 'role-of-users' };
const posts = (calls: readonly string[]) => calls.filter((call) => / --method POST | create | update /.test(call));

const grant = (args: readonly string[], answers: readonly Answer[]) =>
  runWith(['infra/grant-graph.sh', ...args], ['az'], [...answers, signedIn]);
const known: readonly Answer[] = [
  { to: /az cloud show .*microsoftGraphResourceId/, says: ['https://graph.microsoft.com/'] },
  { to: /az ad sp list/, says: [bot] },
  {
    to: new RegExp(`az ad sp show --id (${bot}|${appId}) `),
    says: [`${bot}\nCMK bot`],
    warns: 'WARNING: this changes',
  },
  { to: /az ad sp show .*--query id /, says: [graph] },
  ...Object.entries(rights).map(
    ([name, role]): Answer => ({ to: new RegExp(`az ad sp show .*'${name}'`), says: [role] }),
  ),
];
const held = (...says: readonly string[]): Answer => ({ to: /az rest --method GET .*appRoleAssignments/, says });
const post: Answer = { to: /az rest --method POST/ };

test.each([bot, appId])(
  'infra/grant-graph.sh does what is missing, and reads back that it is there, given %s',
  async (id) => {
    const { code, out, calls } = await grant(
      ['--yes', id],
      [...known, held('', 'role-of-groups\nrole-of-users'), post],
    );
    expect(code).toBe(0);
    expect(posts(calls)).toEqual(
      Object.values(rights).map(
        (role) =>
          `az rest --method POST --uri https://graph.microsoft.com/v1.0/servicePrincipals/${bot}/appRoleAssignments ` +
          `--body {"principalId":"${bot}","resourceId":"${graph}","appRoleId":"${role}"}`,
      ),
    );
    expect(out).toContain('read back');
  },
);

describe('infra/grant-azure.sh', () => {
  const subscription = '40000000-0000-4000-8000-000000000001';
  const group = `/subscriptions/${subscription}/resourceGroups/rg-care-prod`;
  const [first, second] = roleFiles;
  const names = [first?.Name ?? '', second?.Name ?? ''] as const;
  /** What the caller can see beside the scopes. */
  const elsewhere = '40000000-0000-4000-8000-0000000000e1';
  const shown: Answer = { to: /^az ad sp show/, says: [bot] };
  const seen: Answer = { to: /^az account list/, says: [`${subscription}\n${elsewhere}`] };
  const grant = (args: readonly string[], answers: readonly Answer[]) =>
    runWith(['infra/grant-azure.sh', ...args], ['az'], [...answers, shown, conditioned([]), seen, signedIn]);

  /** Roles as `az` lists them: their scopes, and what they permit. */
  const roles = (scopes: string): readonly Answer[] =>
    roleFiles.flatMap((file): Answer[] => [
      { to: new RegExp(`role definition list .*--name ${file.Name} --output .*assignableScopes`), says: [scopes] },
      {
        to: new RegExp(`role definition list .*--name ${file.Name} --output .*permissions`),
        says: [scopes === '' ? '' : [...file.Actions, ...file.DataActions.map((one) => `data ${one}`)].join('\n')],
      },
    ]);
  const given = (...says: readonly string[]): Answer => ({ to: /role assignment list .*length/, says });
  /** The assignments of the role that assigns roles, with their conditions. */
  const conditioned = (...each: readonly (readonly (string | null)[])[]): Answer => ({
    to: /role assignment list .*--include-inherited/,
    says: each.map((all) => JSON.stringify(all.map((condition) => ({ id: 'a-1', condition })))),
  });
  const made: Answer = { to: /role (definition|assignment) (create|update)/ };

  test('makes the roles of the files, good for the whole subscription, and gives them at the scope', async () => {
    const { code, out, calls } = await grant(['--yes', bot, group], [...roles(''), given('0', '0', '1'), made]);
    expect([code, out]).toEqual([0, expect.stringContaining('read back')]);
    const [one = '', two = '', acts = '', grants = ''] = posts(calls);
    for (const [call, file] of [
      [one, first],
      [two, second],
    ] as const) {
      const definition: unknown = JSON.parse(call.replace('az role definition create --role-definition ', ''));
      expect(definition).toEqual({ ...file, AssignableScopes: [`/subscriptions/${subscription}`] });
    }
    expect(acts).toBe(
      `az role assignment create --assignee-object-id ${bot} --assignee-principal-type ServicePrincipal --role ${names[0]} --scope ${group}`,
    );
    expect(grants).toContain(`--role ${names[1]} --scope ${group} --condition (`);
    expect(grants).toMatch(/e147488a-f6f5-4113-8e2d-b22465e65bf6[\s\S]*--condition-version 2\.0$/);
  });

  test('mends an assignment that has another condition, or none, and reads that back', async () => {
    const answers = [...roles(`/subscriptions/${subscription}`), given('1'), made];
    const blanks = grantCondition.replace(/\s+/g, '\n\n');
    const fine = await grant([bot, group], [conditioned([blanks]), ...answers]);
    expect([fine.code, fine.out]).toEqual([0, expect.stringContaining('Nothing to do.')]);
    const shown = await grant([bot, group], [conditioned([null, '(\n 1 == 1)']), ...answers]);
    expect(shown.out).toMatch(/has another condition than grant-condition\.txt, .*: none\n/);
    expect(shown.out).toMatch(/has another condition than grant-condition\.txt, .*: \( 1 == 1\)\n/);
    expect([shown.code, posts(shown.calls)]).toEqual([0, []]);
    const { code, out, calls } = await grant(
      ['--yes', bot, group],
      [conditioned([null], [grantCondition]), ...answers],
    );
    expect([code, out]).toEqual([0, expect.stringContaining('read back')]);
    const [update = '', ...more] = posts(calls);
    expect(JSON.parse(update.replace('az role assignment update --role-assignment ', ''))).toEqual({
      id: 'a-1',
      condition: grantCondition.trim(),
      conditionVersion: '2.0',
    });
    expect(more).toEqual([]);
    const still = await grant(['--yes', bot, group], [conditioned([null]), ...answers]);
    expect([still.code, still.err]).toEqual([1, expect.stringContaining('still shows another condition: none')]);
  });

  const unauthorized = "ERROR: (AuthorizationFailed) The client 'x'";
  test.each<[string, number, readonly Answer[], RegExp]>([
    [
      'roles cannot be read, and takes none for missing',
      0,
      [{ to: /role definition list/, fails: unauthorized }, given('0'), made],
      /You lack the right to do this/,
    ],
    ['it was done and does not show', 4, [...roles(''), given('0'), made], /“CMK bot” does not show at /],
  ])('stops where %s, and says what that means', async (_what, changes, answers, words) => {
    const { code, err, calls } = await grant(['--yes', bot, group], answers);
    expect([code, posts(calls).length]).toEqual([1, changes]);
    expect(err).toMatch(words);
  });
});
