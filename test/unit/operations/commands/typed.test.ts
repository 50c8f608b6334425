import type { RoleStatus } from '../../../../src/domain/policy/policy.ts';
import { cmkHelp } from '../../../../src/operations/commands/cmk-help.ts';
import { cmkHistory } from '../../../../src/operations/commands/cmk-history.ts';
import { cmkRequests } from '../../../../src/operations/commands/cmk-requests.ts';
import { requestCommand } from '../../../../src/operations/commands/registry.ts';
import { enableCmk as enabling } from '../../../../src/operations/enable-cmk/enable-cmk.ts';
import { submit } from '../../../../src/operations/form-clicks.ts';
import { call, commandWorld, inputs, reviewed } from '../../../support/builders/command-world.ts';
import { failure } from '../../../support/builders/commands.ts';
import { requester, resourceId } from '../../../support/builders/fixtures.ts';
import { ref } from '../../../support/builders/plans.ts';

/** What is typed wrongly, and what is answered: test/golden/transcripts/help.md and lists.md. */
const enableCmk = requestCommand(enabling);

describe('/enable-cmk', () => {
  it.each([
    [{ resource: 'bot-care' }, { page: 'vault', answers: { resource: ref() } }],
    [
      { vault: 'kv-care', key: 'care' },
      { page: 'resource', answers: {} },
    ],
  ])('opens the form with %j on the first page that has something to ask', async (args, form) => {
    expect(await enableCmk.handle(call(args), commandWorld().ports)).toMatchObject({ kind: 'open-form', form });
  });

  it.each<[RoleStatus, string]>([
    ['no', 'not-a-requester'],
    ['unknown', 'cannot-check-membership'],
    ['none-configured', 'no-requesters-configured'],
  ])('looks into nothing for a person whose roleStatus is %s', async (value, code) => {
    const { ports, roleStatus, azure } = commandWorld();
    roleStatus.value = value;
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
    const subjectOf = async (...words: string[]) => {
      const answer = await history(ports, ...words);
      return answer.kind === 'show-list' ? answer.subject : answer;
    };
    const of = { list: 'history', id: resourceId() };
    expect(await subjectOf()).toEqual({ list: 'latest', filter: 'all', id: '' });
    expect(await subjectOf(form.requestId.toLowerCase())).toMatchObject({ list: 'history', id: form.requestId });
    expect(await subjectOf('bot-care')).toEqual({ ...of, filter: 'everything' });
    expect(await subjectOf('bot-care', 'Decisions')).toEqual({ ...of, filter: 'decisions' });
  });
});

describe('/cmk-requests', () => {
  const requests = (ports: ReturnType<typeof commandWorld>['ports'], ...words: string[]) =>
    cmkRequests.handle(call({}, words), ports);
  const open = (filter: string, id = '') => ({ kind: 'show-list', subject: { list: 'open', filter, id } });

  async function withRequest() {
    const { ports } = commandWorld();
    const form = await reviewed(ports);
    await submit(form, inputs({ acknowledgeDataLoss: 'true', justification: 'Policy 7' }), ports);
    return { ports, id: form.requestId };
  }

  it.each([
    [[], 'all', ''],
    [['All'], 'all', ''],
    [['mine'], 'mine', requester],
    [['waiting', 'for', 'me'], 'waiting', requester],
    [['waiting'], 'waiting', requester],
    [['running'], 'running', ''],
  ])('understands %j', async (words: string[], filter, id) => {
    expect(await requests(commandWorld().ports, ...words)).toEqual(open(filter, id));
  });

  it('finds open requests by part of the agent’s name or of the id, and one by its id whether open or not', async () => {
    const { ports, id } = await withRequest();
    for (const part of ['CARE', 'bot-c', id.slice(2, 8).toLowerCase()]) {
      expect(await requests(ports, part)).toEqual(open('all', part));
    }
    expect(await cmkRequests.handle(call({ agent: 'bot-care' }), ports)).toEqual(open('all', 'bot-care'));
    expect(await requests(ports, id.toLowerCase())).toEqual(open('all', id));
  });

  it('says of what it does not know what may have been meant', async () => {
    const { ports } = await withRequest();
    expect(await requests(ports, 'bot-csre')).toMatchObject({ code: 'no-open-request-named', near: 'bot-care' });
    expect(await requests(ports, 'something else')).toMatchObject({
      code: 'no-open-request-named',
      fact: 'something else',
    });
    const mistyped = resourceId('bot-nowhere').replace('HealthBot', 'HealthBots');
    expect(await requests(ports, mistyped)).toMatchObject({ code: 'no-open-request-named', fact: 'bot-nowhere' });
    expect(await requests(ports, 'CMK-ZZZZZZ')).toMatchObject({ code: 'unknown-request' });
    expect(await cmkRequests.handle(call({ state: 'open' }), ports)).toMatchObject({ code: 'not-understood' });
  });

  it('is answered to anybody, as the help is', async () => {
    const { ports, roleStatus } = commandWorld();
    roleStatus.value = 'no';
    expect(await requests(ports)).toMatchObject({ kind: 'show-list' });
    expect(await cmkHelp.handle(call(), ports)).toEqual({ kind: 'show-help' });
  });
});
