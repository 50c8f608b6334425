import { randomUUID } from 'node:crypto';
import { followUpTasks } from '../../src/operator/setup/follow-up-tasks.ts';
import type { QuestionId, SetupAnswer } from '../../src/operator/setup/question.ts';
import { entraPrincipals } from '../support/store/entra-database.ts';
import { rowsOf, runAs, startPostgres } from '../support/store/postgres.ts';

/** The commands that the wizard prints at its end for a bot on its own host. */

const usual = {
  runs: 'host',
  tenant: '10000000-0000-4000-8000-000000000000',
  identity: 'SingleTenant',
  app: '20000000-0000-4000-8000-000000000000',
  host: 'bot.care.example',
  subscriptions: '40000000-0000-4000-8000-000000000001',
  server: 'psql-care',
  database: 'cmk',
  role: 'cmk_bot',
  owner: 'cmk_owner',
  signIn: 'none',
};
function commandsFor(given: Readonly<Record<string, string>>): readonly string[] {
  const answers = new Map(
    Object.entries({ ...usual, ...given }).map(([id, value]): [QuestionId, SetupAnswer] => [
      id as QuestionId,
      { given: value, value, shown: value },
    ]),
  );
  const input = { objectId: 'OBJECT', graph: 'https://graph.microsoft.com', envFile: '.env', settings: {} };
  return followUpTasks(answers, input).flatMap(({ how }) => how);
}

test('the bot can read each secret that a task creates in a vault', () => {
  const printed = commandsFor({
    seal: 'https://kv-bot.vault.azure.net/secrets/seal-key',
    anchor: 'https://stcare.blob.core.windows.net/anchor',
    logKey: 'https://kv-bot.vault.azure.net/secrets/log-key',
  });
  for (const name of ['seal-key', 'log-key']) {
    expect(printed).toContainEqual(
      expect.stringMatching(`^az keyvault secret set --vault-name kv-bot --name ${name} `),
    );
    expect(printed).toContainEqual(
      expect.stringMatching(
        `^az role assignment create --role 'Key Vault Secrets User' --assignee-object-id OBJECT .*/secrets/${name}"$`,
      ),
    );
  }
});

test('a bot with a managed identity is registered with the identity’s resource', () => {
  const registers = (given: Readonly<Record<string, string>>) =>
    commandsFor(given).find((line) => line.startsWith('az bot create'));
  expect(registers({ identity: 'UserAssignedMSI' })).toContain(
    `--msi-resource-id "$(az identity list --query "[?clientId=='${usual.app}'].id"`,
  );
  expect(registers({})).not.toContain('--msi-resource-id');
});

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null ? describe.skip : describe;

onPostgres('the commands for the database', () => {
  test.each(['SingleTenant', 'UserAssignedMSI'])(
    'work with %s for an administrator who is no superuser; then the owner can create tables, and the bot can’t',
    async (identity) => {
      const [suffix] = randomUUID().split('-');
      const [admin = '', database = '', role = '', owner = ''] = ['admin', 'cmk', 'bot', 'owner'].map(
        (name) => `${name}_${suffix}`,
      );
      const url = (await postgres?.newDatabase()) ?? '';
      const as = (user = '', name?: string): string => {
        const other = new URL(url);
        other.username = user;
        if (name !== undefined) other.pathname = name;
        return other.href;
      };
      await runAs(url, [`create role ${admin} login createdb createrole`, entraPrincipals]);
      const ownerIdentity = '70000000-0000-4000-8000-000000000001';
      const sql = commandsFor({ identity, database, role, owner, ownerIdentity }).flatMap(
        (line) => /^psql .* -c (['"])([^\\].*)\1$/.exec(line)?.[2] ?? [],
      );
      const lookedUp = sql.flatMap(
        (one) => /'(\w+)', '\$\(az ad sp show --id (\S+) --query id -o tsv\)'/.exec(one)?.slice(1) ?? [],
      );
      expect(lookedUp).toEqual(identity === 'SingleTenant' ? [] : [owner, ownerIdentity, role, usual.app]);
      try {
        await runAs(as(admin), sql);
        await runAs(as(owner, database), ['create schema cmk', 'create table cmk.event ()']);
        await runAs(as(role, database), ['select 1']);
        await expect(runAs(as(role, database), ['create schema other'])).rejects.toThrow('permission denied');
        expect(await rowsOf(url, `select 1 from pg_database where datname = '${database}'`)).toHaveLength(1);
      } finally {
        await runAs(url, [`drop database if exists ${database} with (force)`]);
        for (const one of [role, owner, admin]) await runAs(url, [`drop role if exists ${one}`]);
      }
    },
  );
});
