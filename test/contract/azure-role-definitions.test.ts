import { connectionOf } from '../../src/azure/azure.ts';
import { openCredential } from '../../src/azure/credential.ts';
import { type RoleDefinitions, roleDefinitions } from '../../src/azure/key-powers.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  bot,
  careId,
  connect,
  customCloud,
  got,
  outsideFailureOf,
  sentDuring,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

/** How long the bot believes what a role allows. */

const running = simulatedAzure();

const builtIn = '00482a5a-887f-4fb3-b363-3b7fe8e74483';
const custom = '70000000-0000-4000-8000-000000000001';

/** A bot that has just started, and a clock that stands still until it is moved. */
function started(): { readonly roles: RoleDefinitions; readonly pass: (ms: number) => void } {
  let now = 0;
  const pass = (ms: number): void => {
    now += ms;
  };
  const cloud = customCloud(running);
  const signIn = { tenantId, clientId: bot.id, clientSecret: bot.secret, federatedTokenFile: null };
  const credential = openCredential(signIn, cloud);
  const connection = connectionOf({ kinds, cloud, credential, subscriptions: [careId], limits: { firstRetryMs: 20 } });
  return { roles: roleDefinitions(connection, () => now), pass };
}

const vault = () => vaultNow(connect(running), vaultId('kv-care-prod'));
const asked = async (work: () => Promise<unknown>): Promise<readonly string[]> =>
  (await sentDuring(running, work)).flatMap(({ url }) => /roleDefinitions\/([^?]+)/.exec(url)?.[1] ?? []);

test('a custom role is read each time, a built-in one again after an hour', async () => {
  const [{ roles, pass }, at] = [started(), await vault()];
  const read = () => asked(async () => got(await roles.read(at, [builtIn, custom])));
  expect((await read()).toSorted()).toEqual([builtIn, custom]);
  pass(3_599_999);
  expect(await read()).toEqual([custom]);
  pass(1);
  expect((await read()).toSorted()).toEqual([builtIn, custom]);
});

test('a failure is not remembered, and neither is a missing permission', async () => {
  const [{ roles }, at] = [started(), await vault()];
  const answered = (status: number, code: string) =>
    under(
      running,
      { match: { url: 'roleDefinitions' }, respond: { status, body: { error: { code, message: 'x' } } } },
      () => roles.read(at, [builtIn]),
    );
  expect(outsideFailureOf(await answered(503, 'ServiceUnavailable')).next).toBe('wait');
  expect(got(await answered(403, 'AuthorizationFailed')).get(builtIn)).toBeNull();
  expect(got(await roles.read(at, [builtIn])).get(builtIn)).toMatchObject([{ dataActions: expect.anything() }]);
});
