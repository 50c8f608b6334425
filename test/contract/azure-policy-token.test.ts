import { withoutActions } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { tokenPolicy } from '../support/azure/token-policy.ts';
import { careId, connectedAzure, failureOf, got, outsideFailureOf, sentDuring, vaultId } from './azure-setup.ts';

/** Writes that an Azure policy wants a token for, by the bot's own clients over HTTPS. */

const { running, azure } = connectedAzure({ restores: true });

const scope = `/subscriptions/${careId}`;
const vault = vaultId('kv-care-prod');

const requireTokens = (details: Parameters<typeof tokenPolicy>[2], resultLifespan = 'PT1M') =>
  changeState(running, tokenPolicy(scope, 'Microsoft.KeyVault/vaults', details, resultLifespan));

const protect = () => azure.vaults.protect(vault, { softDelete: false });
const isAcquire = ({ url }: { readonly url: string }) => url.includes('acquirePolicyToken');

test('a token is acquired for the bytes of the write, which is sent once more', async () => {
  await requireTokens({ successProbability: 1 });
  const sent = await sentDuring(running, async () => got(await protect()));
  const change = sent.filter(({ url, method }) => method !== 'GET' && !isAcquire({ url }));
  expect(change.map(({ status }) => status)).toEqual([403, 200]);
  expect(change[1]?.body).toEqual(change[0]?.body);
  const asked = sent.find(isAcquire)?.body as { operation: { httpMethod: string; content: unknown } };
  expect(asked).toEqual({ operation: { httpMethod: 'PATCH', uri: change[0]?.url, content: change[0]?.body } });
  expect(new Set(sent.map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
  expect(JSON.stringify(await http(running, 'GET', '/simulator/requests'))).not.toContain('PoP ');
});

test('where no policy asks, no token is acquired', async () => {
  const sent = await sentDuring(running, async () => got(await protect()));
  expect(sent.filter(isAcquire)).toEqual([]);
});

test('a refusal shows the policy’s words, and nothing was changed', async () => {
  await requireTokens({ successProbability: 0 });
  expect(outsideFailureOf(await protect())).toMatchObject({
    code: 'RequestDisallowedByPolicy',
    next: 'ask',
    change: 'refused',
    status: 403,
    message: expect.stringContaining("Policy 'Reviewed writes' denied the operation."),
    policies: [{ policy: 'Reviewed writes', assignment: 'Reviewed writes' }],
  });
});

test('the change reference of the request is given; without one the policy’s words say that it is missing', async () => {
  await requireTokens({ successProbability: 1, changeReferenceRequired: true });
  const missing = outsideFailureOf(await protect());
  expect(missing.message).toContain("Policy 'Reviewed writes' requires a change reference.");
  const attempt = { changeReference: 'CHG0031337', clientRequestId: '50000000-0000-4000-8000-0000000000c1' };
  const sent = await sentDuring(running, async () => got(await azure.within(attempt, protect)));
  expect(sent.find(isAcquire)?.body).toMatchObject({ changeReference: 'CHG0031337' });
});

test('a token that expired at once is not taken, and the write is not sent a third time', async () => {
  await requireTokens({ successProbability: 1 }, 'PT0S');
  let failure: unknown;
  const sent = await sentDuring(running, async () => {
    failure = failureOf(await protect());
  });
  expect(failure).toMatchObject({ code: 'RequestDisallowedByPolicy', change: 'refused' });
  expect(sent.filter(isAcquire)).toHaveLength(1);
  expect(sent.filter(({ method }) => method === 'PATCH')).toHaveLength(2);
});

test('a bot that can’t acquire tokens says which permission is missing', async () => {
  await requireTokens({ successProbability: 1 });
  await changeState(running, withoutActions('Microsoft.Authorization/acquirePolicyToken/read'));
  expect(outsideFailureOf(await protect())).toMatchObject({
    code: 'AuthorizationFailed',
    change: 'refused',
    message: expect.stringContaining('Microsoft.Authorization/acquirePolicyToken/read'),
  });
});
