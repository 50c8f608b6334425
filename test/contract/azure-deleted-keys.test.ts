import { openCloud } from '../../src/azure/clouds.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { connect, failureOf, got, key, noAnswer, owner, sentDuring, under, untilItWorks } from './azure-setup.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

beforeAll(async () => {
  const deletedAt = Math.floor(Date.now() / 1000);
  await changeState(running, (state) => {
    for (const vault of state.vaults) {
      for (const one of vault.keys)
        if (one.name === 'hospital-data' || one.name === 'cmk-lab') one.deletedAt = deletedAt;
    }
  });
});

/** The simulator's vaults listen on the ports above its own, in the order of its seed. */
const at = (n: number): string => `https://localhost:${running.port + n}/`;
const [hospital, policies, lab] = [2, 4, 5];
const fault = (status: number, body: unknown) => ({ match: { url: '/deletedkeys/' }, respond: { status, body } });

describe('a deleted key', () => {
  test('is found by its name', async () => {
    const sent = await sentDuring(running, async () => {
      expect(got(await azure.keys.deleted(at(hospital), key('hospital-data')))).toBe('deleted');
    });
    expect(sent.at(-1)).toMatchObject({ method: 'GET', status: 200 });
    expect(sent.at(-1)?.url).toContain('/deletedkeys/hospital-data');
  });

  test.each(['cmk-virtual-visit', 'never-there'])('there is none called %s', async (name) => {
    expect(got(await azure.keys.deleted(at(hospital), key(name)))).toBe('none');
  });

  test('an address without its last slash is the same vault', async () => {
    const address = at(hospital).slice(0, -1);
    expect(got(await azure.keys.deleted(address, key('hospital-data')))).toBe('deleted');
  });
});

describe('not being let in', () => {
  test('behind a firewall it is not checked, whatever the rights', async () => {
    expect(got(await azure.keys.deleted(at(lab), key('cmk-lab')))).toBe('not-checked');
    expect(got(await connect(running, { who: owner }).keys.deleted(at(lab), key('cmk-lab')))).toBe('not-checked');
  });

  test('with public access switched off it is not checked', async () => {
    const body = {
      error: { code: 'Forbidden', message: 'no public access', innererror: { code: 'ForbiddenByConnection' } },
    };
    const outcome = await under(running, fault(403, body), () =>
      azure.keys.deleted(at(hospital), key('hospital-data')),
    );
    expect(got(outcome)).toBe('not-checked');
  });

  test('without an access policy it is not checked', async () => {
    expect(got(await azure.keys.deleted(at(policies), key('cmk-policy')))).toBe('not-checked');
  });

  test('without the data action it is not checked', async () => {
    await changeState(running, (state) => {
      const role = state.roleDefinitions.find((one: { roleName: string }) => one.roleName === 'CMK bot');
      role.permissions[0].dataActions = [];
    });
    expect(got(await azure.keys.deleted(at(hospital), key('hospital-data')))).toBe('not-checked');
  });
});

describe('no usable answer', () => {
  const look = (reader = azure) => reader.keys.deleted(at(hospital), key('hospital-data'));

  test('a vault that says nothing costs a waiting person little time', async () => {
    const impatient = connect(running, { limits: { briefMs: 400 } });
    await untilItWorks(() => look(impatient));
    const silent = { match: { url: '/deletedkeys/' }, ...noAnswer };
    expect(failureOf(await under(running, silent, () => look(impatient)))).toMatchObject({
      next: 'wait',
      code: 'NoAnswerInTime',
      doing: `looking for a deleted key hospital-data in ${at(hospital)}`,
    });
  });

  test("a 404 that is not the vault's word on the key does not pass as none", async () => {
    const failure = failureOf(await under(running, fault(404, { error: { code: 'VaultNotFound' } }), () => look()));
    expect(failure).toMatchObject({ next: 'ask', code: 'VaultNotFound', status: 404 });
  });

  test('a busy vault is worth waiting for', async () => {
    const busy = fault(503, { error: { code: 'ServiceUnavailable', message: 'busy' } });
    expect(failureOf(await under(running, busy, () => look()))).toMatchObject({ next: 'wait', status: 503 });
  });

  test('in a known cloud no token goes to a host outside Key Vault', async () => {
    const strict = connect(running, { cloud: openCloud({ name: 'public' }) });
    const failure = failureOf(await strict.keys.deleted('https://vault.azure.net.example.com/', key('k')));
    expect(failure).toMatchObject({
      source: 'bot',
      next: 'ask',
      found: { code: 'not-a-vault-address', address: 'https://vault.azure.net.example.com/' },
    });
  });
});
