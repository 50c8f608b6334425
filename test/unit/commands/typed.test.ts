import { askFor } from '../../../src/commands/ask.ts';
import { cmkHelp } from '../../../src/commands/cmk-help.ts';
import { cmkHistory } from '../../../src/commands/cmk-history.ts';
import { cmkRequests } from '../../../src/commands/cmk-requests.ts';
import type { Standing } from '../../../src/domain/policy/policy.ts';
import { enableCmk as enabling } from '../../../src/operations/enable-cmk/enable-cmk.ts';
import { submit } from '../../../src/operations/form-clicks.ts';
import { rotateCmk as rotating } from '../../../src/operations/rotate-cmk/rotate-cmk.ts';
import { resourceId, vaultId } from '../../support/fixtures.ts';
import { call, commandWorld, inputs, reviewed } from '../support/command-world.ts';
import { failure } from '../support/commands.ts';
import { keyName, ref, version } from '../support/plans.ts';

const enableCmk = askFor(enabling);
const _rotateCmk = askFor(rotating);

describe('/enable-cmk', () => {
  it.each([
    [{}, { page: 'resource', answers: {} }],
    [{ resource: 'bot-care' }, { page: 'vault', answers: { resource: ref() } }],
    [
      { resource: 'bot-care', vault: 'kv-care' },
      { page: 'key', answers: { vault: vaultId } },
    ],
    [
      { resource: resourceId(), vault: 'kv-care', key: 'care' },
      { page: 'review', answers: { key: { kind: 'existing', name: keyName, version: version('a') } } },
    ],
    [
      { vault: 'kv-care', key: 'care' },
      { page: 'resource', answers: {} },
    ],
  ])('opens the form with %j on the first page that has something to ask', async (args, form) => {
    expect(await enableCmk.handle(call(args), commandWorld().ports)).toMatchObject({ kind: 'open-form', form });
  });

  it.each([
    [{ resource: 'bot-none' }, 'unknown-resource'],
    [{ resource: 'bot-care', vault: 'kv-none' }, 'unknown-vault'],
    [{ resource: 'bot-care', vault: 'kv-care', key: 'none' }, 'unknown-key'],
  ])('refuses %j', async (args, code) => {
    expect(await enableCmk.handle(call(args), commandWorld().ports)).toMatchObject({ kind: 'refused', code });
  });

  it.each<[Standing, string]>([
    ['no', 'not-a-requester'],
    ['unknown', 'cannot-check-membership'],
    ['nobody-configured', 'no-requesters-configured'],
  ])('looks into nothing for a person whose standing is %s', async (value, code) => {
    const { ports, standing, azure } = commandWorld();
    standing.value = value;
    azure.refuse('inventory.resources', failure());
    expect(await enableCmk.handle(call({ resource: 'bot-care' }), ports)).toMatchObject({ code });
  });
});

describe('/cmk-history', () => {
  const history = (ports: ReturnType<typeof commandWorld>['ports'], ...words: string[]) =>
    cmkHistory.handle(call({}, words), ports);

  it('shows the latest requests, a request in any case, or an agent', async () => {
    const { ports } = commandWorld();
    const form = await reviewed(ports);
    await submit(form, inputs({ acknowledgeDataLoss: 'true', justification: 'Policy 7' }), ports);
    expect(await history(ports)).toEqual({ kind: 'show-list', subject: { kind: 'latest-requests' } });
    expect(await history(ports, form.requestId.toLowerCase())).toEqual({
      kind: 'show-list',
      subject: { kind: 'history-of-request', requestId: form.requestId },
    });
    expect(await history(ports, 'bot-care')).toEqual({
      kind: 'show-list',
      subject: { kind: 'history-of-resource', resourceId: resourceId() },
    });
  });

  it('refuses a request and an agent that are not there', async () => {
    const { ports } = commandWorld();
    expect(await history(ports, 'CMK-7F3K9Q')).toMatchObject({ code: 'unknown-request', fact: 'CMK-7F3K9Q' });
    expect(await history(ports, 'bot', 'none')).toMatchObject({ code: 'unknown-resource', fact: 'bot none' });
  });
});

it('answers /cmk-requests and /cmk-help to anybody', async () => {
  const { ports, standing } = commandWorld();
  standing.value = 'no';
  expect(await cmkRequests.handle(call(), ports)).toEqual({ kind: 'show-list', subject: { kind: 'open-requests' } });
  expect(await cmkHelp.handle(call(), ports)).toEqual({ kind: 'show-help' });
});
