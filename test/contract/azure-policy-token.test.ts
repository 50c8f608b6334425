import type { AzureState } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { owner } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { tokenPolicy } from '../support/azure/token-policy.ts';
import { careId, connect, failureOf, got, outsideFailureOf, sentDuring, vaultId } from './azure-setup.ts';

/** Writes that an Azure policy wants a token for: by the bot's own clients over HTTPS, and by a client that does it wrong. */

const running = simulatedAzure({ restores: true });
const azure = lazily(() => connect(running));

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
  const sent = await sentDuring(running, async () => got(await azure.underReference('CHG0031337', protect)));
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
  await changeState(running, (state: AzureState) => {
    for (const { permissions } of state.roleDefinitions)
      for (const one of permissions) one.actions = one.actions.filter((name) => !name.includes('acquirePolicyToken'));
  });
  expect(outsideFailureOf(await protect())).toMatchObject({
    code: 'AuthorizationFailed',
    change: 'refused',
    message: expect.stringContaining('Microsoft.Authorization/acquirePolicyToken/read'),
  });
});

test('a token holds for its bytes and its address alone', async () => {
  await requireTokens({ successProbability: 1 });
  const authorization = `Bearer ${await clientsOf(running, owner).token()}`;
  const uri = `${running.url}${vault}?api-version=2023-07-01`;
  const content = { tags: { ward: '7' } };
  const { body } = await http(
    running,
    'POST',
    `${scope}/providers/Microsoft.Authorization/acquirePolicyToken?api-version=2025-11-01`,
    { headers: { authorization }, body: { operation: { uri, httpMethod: 'PATCH', content } } },
  );
  const patch = async (token: string, id: string, sent: object) => {
    const headers = { authorization, 'x-ms-policy-external-evaluations': token };
    const answer = await http(running, 'PATCH', `${id}?api-version=2023-07-01`, { headers, body: sent });
    return answer.status;
  };
  expect(body.token).toMatch(/^PoP /);
  expect(await patch(body.token, vault, { tags: { ward: '8' } })).toBe(403);
  expect(await patch(body.token, vaultId('kv-hospital-keys'), content)).toBe(403);
  expect(await patch(body.token.replace('PoP ', ''), vault, content)).toBe(403);
  expect(await patch(`${body.token}x`, vault, content)).toBe(403);
  expect(await patch(body.token, vault, content)).toBe(200);
});
