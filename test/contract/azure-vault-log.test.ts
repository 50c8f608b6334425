import { KeyVersion } from '../../src/domain/ids.ts';
import type { VaultLog } from '../../src/domain/ports/azure.ts';
import { evaluateUse, type UsageQuery } from '../../src/domain/usage-check.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import {
  bot,
  connect,
  connectedAzure,
  got,
  key,
  outsideFailureOf,
  resourceId,
  resourceRef,
  sentDuring,
  setKey,
  under,
  vaultId,
} from './azure-setup.ts';

/** The log of a vault over HTTPS, as Microsoft's client asks for it, with what Azure may make of that. */

const { running, azure } = connectedAzure({ restores: true });
const vault = { id: vaultId('kv-hospital-keys'), name: 'kv-hospital-keys' };
const agent = resourceRef('virtual-visit-agent');

const logOf = (): VaultLog => {
  const workspaceId = 'a0000000-0000-4000-8000-000000000001';
  const { vaultLog } = connect(running, { workspaceId, limits: { longestRetryMs: 100 } });
  if (vaultLog === null) throw new Error('there is no log');
  return vaultLog;
};

/** Puts the agent under the version anew, as a rotation does, and says what would be looked for. */
async function moved(to: 'newest' | 'first' = 'newest'): Promise<UsageQuery> {
  const sought = await wouldSeek(to);
  const { vaultUri, keyVersion } = sought;
  const version = KeyVersion.parse(keyVersion);
  got(await setKey(azure, agent, { vaultUri, keyName: 'cmk-virtual-visit', keyVersion: version }));
  got(await azure.keys.probe(vaultUri, key('cmk-virtual-visit'), version));
  return sought;
}
async function wouldSeek(to: 'newest' | 'first'): Promise<UsageQuery> {
  const vaultUri = `https://localhost:${running.port + 2}/`;
  const name = key('cmk-virtual-visit');
  const found = got(
    to === 'first' ? await azure.keys.first(vault.id, name) : await azure.keys.get(vault.id, name, null),
  );
  const keyVersion = KeyVersion.parse(found?.version);
  const since = new Date().toISOString();
  const { principalId = null } = got(await azure.resources.get(agent)) ?? {};
  return { principalId, resourceId: agent.id, vaultUri, keyName: 'cmk-virtual-visit', keyVersion, since };
}
const judged = async (sought: UsageQuery) => evaluateUse(sought, got(await logOf().read(vault, sought)));
const logs = (change: object) => changeState(running, ({ settings }) => Object.assign(settings.logs, change));

test('the agent’s own use is found, and neither the bot’s trial nor a use of another version', async () => {
  const sought = await moved();
  expect(await judged(sought)).toMatchObject({
    outcome: 'used',
    operation: 'KeyWrap',
    knownBy: 'object-id',
    // The seeds gave it, by another name than the bot would.
    allowedBy: { by: 'role-assignment', id: '80000000-0000-4000-8000-000000000005', ours: false },
  });
  expect(await judged({ ...sought, principalId: bot.id, resourceId: resourceId('nobody') })).toMatchObject({
    outcome: 'used',
  });
  expect(await judged({ ...sought, keyVersion: '0'.repeat(32) })).toMatchObject({ outcome: 'not-used' });
});

test('the assignment that the bot’s step makes is known again', async () => {
  const key = 'cmk-triage-agent';
  const care = { id: vaultId('kv-care-prod'), name: 'kv-care-prod' };
  const principalId = 'f0000000-0000-4000-8000-00000000000f';
  const sought = { ...(await moved()), principalId, keyName: key };
  const read = got(await logOf().read(care, sought));
  expect(read.ownAssignment).toMatch(/^[0-9a-f-]{36}$/);
  expect(got(await logOf().read(care, { ...sought, principalId: null })).ownAssignment).toBeNull();
});

test('an agent that uses nothing is not seen, and the log says from when to when it goes', async () => {
  await logs({ agentsUseKeys: false });
  const answer = await judged(await moved('first'));
  expect(answer).toMatchObject({ outcome: 'not-used', refused: null });
  if (answer.outcome !== 'not-used') throw new Error('used');
  expect(Date.parse(answer.last) - Date.parse(answer.first)).toBeGreaterThan(23 * 3_600_000);
});

test('a refusal of the vault is told, which the log calls a success', async () => {
  await changeState(running, (state) => {
    state.roleAssignments = state.roleAssignments.filter(
      ({ scope }: { scope: string }) => !scope.endsWith('cmk-virtual-visit'),
    );
  });
  const sought = await wouldSeek('first');
  const wanted = { vaultUri: sought.vaultUri, keyName: sought.keyName, keyVersion: sought.keyVersion };
  outsideFailureOf(await setKey(azure, agent, wanted));
  expect(await judged(sought)).toMatchObject({ outcome: 'not-used', refused: { status: 403 } });
});

test('a log that nothing is sent to is read as one without rows', async () => {
  await logs({ sent: 'nothing' });
  const unknown = { outcome: 'unknown', why: { code: 'no-log-before', first: null } };
  expect(await judged(await moved())).toMatchObject(unknown);
});

describe('what Azure says instead', () => {
  const failed = async () => outsideFailureOf(await logOf().read(vault, await moved()));

  test('a refusal to whoever may not read the table', async () => {
    await changeState(running, (state) => {
      state.roleAssignments = state.roleAssignments.filter(
        ({ scope }: { scope: string }) => !scope.includes('OperationalInsights'),
      );
    });
    expect(await failed()).toMatchObject({
      source: 'azure',
      status: 403,
      code: 'InsufficientAccessError',
      next: 'ask',
    });
  });

  test('no such table, in the words that stand at the bottom', async () => {
    await logs({ sent: 'no-table' });
    const { code, message, next } = await failed();
    expect([code, next]).toEqual(['BadArgumentError', 'ask']);
    expect(message).toContain("Failed to resolve table or column expression named 'AZKVAuditLogs'");
    expect(message).toContain('The request had some invalid properties');
  });

  test('half an answer is none, but for a use that stands in it', async () => {
    const sought = await moved();
    const whole = await fetchRaw(sought);
    const error = { code: 'PartialError', message: 'There were some errors when processing your query.' };
    const half = { tables: [{ ...whole.tables[0], rows: [] }], error };
    const respond = (body: unknown) => ({ match: { url: '^/v1/workspaces/' }, respond: { status: 200, body } });
    expect(await under(running, respond(half), () => judged(sought))).toMatchObject({
      outcome: 'unknown',
      why: { code: 'not-readable', failure: { ...error, next: 'wait', status: 200 } },
    });
    expect(await under(running, respond({ ...whole, error }), () => judged(sought))).toMatchObject({ outcome: 'used' });
  });

  test.each([
    [429, 'wait'],
    [400, 'ask'],
  ])('%i: what must be done next is %s', async (status, next) => {
    const fault = {
      match: { url: '^/v1/workspaces/' },
      respond: { status, body: { error: { code: 'X', message: 'x' } } },
    };
    expect(await under(running, fault, () => failed())).toMatchObject({ status, next });
  });
});

const fetchRaw = async (sought: UsageQuery) => {
  const sent = await sentDuring(running, () => logOf().read(vault, sought));
  const { url, body } = sent.find((one) => one.url.includes('/v1/workspaces/')) ?? { url: '', body: null };
  const token = await clientsOf(running).token(`${running.url}/.default`);
  const headers = { authorization: `Bearer ${token}` };
  return (await http(running, 'POST', new URL(url).pathname, { headers, body })).body;
};
