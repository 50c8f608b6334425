import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { defaultLimits } from '../../src/azure/exchange.ts';
import { GraphTogether } from '../../src/azure/graph-together.ts';
import { codeOf } from '../../src/domain/failure.ts';
import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { discard, http, type RunningAzure, startAzure } from '../support/local-azure.ts';
import { clientsOf } from '../support/local-azure-clients.ts';
import {
  connect,
  customCloud,
  failureOf,
  got,
  noAnswer,
  outsideFailureOf,
  type Sent,
  sentDuring,
  under,
  untilItWorks,
} from './azure-setup.ts';

/** What several people's questions have in common, and what each has for itself, where they go to Microsoft Graph in one call. */

let running: RunningAzure;
let azure: Azure;

beforeAll(async () => {
  running = await startAzure();
  azure = connect(running);
  // With the token there, what is asked at once also goes out at once.
  got(await azure.groups.memberOf(person(1), []));
});
afterAll(() => discard(running));

const person = (n: number) => PersonId.parse(`20000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`);
const [requesters, approvers] = ['60000000-0000-4000-8000-000000000001', '60000000-0000-4000-8000-000000000002'];
const stranger = person(99);

const ask = (who: PersonId, from: Azure = azure) => from.groups.memberOf(who, [requesters, approvers]);
const questions = (from: Azure = azure) =>
  Promise.all([ask(person(1), from), ask(person(2), from), ask(stranger, from)]);
const batches = (sent: readonly Sent[]) => new Set(sent.map(({ inBatch }) => inBatch));

/** One call that is held up until the fault is taken away; it has arrived once the fault is used up. */
const held = { match: { url: '/\\$batch$' }, times: 1, ...noAnswer };
const untilItArrived = async (): Promise<void> => {
  while ((await http(running, 'GET', '/simulator/faults')).body.length > 0);
};

test('who asks alone asks both questions in one call', async () => {
  const sent = await sentDuring(running, () => ask(person(1)));
  expect(sent).toHaveLength(2);
  expect(batches(sent).size).toBe(1);
  expect([...batches(sent)]).not.toContain(null);
});

test('people who ask at the same time ask in one call, and each is told their own', async () => {
  const sent = await sentDuring(running, async () => {
    expect((await questions()).map(got)).toEqual([
      { kind: 'member', of: [requesters] },
      { kind: 'member', of: [requesters, approvers] },
      { kind: 'stranger', of: [] },
    ]);
  });
  expect(sent).toHaveLength(6);
  expect(batches(sent).size).toBe(1);
});

test('a call holds twenty questions', async () => {
  const sent = await sentDuring(running, () => Promise.all(Array.from({ length: 23 }, () => ask(person(1)))));
  const sizes = [...batches(sent)].map((id) => sent.filter(({ inBatch }) => inBatch === id).length);
  expect(sizes.sort((a, b) => b - a)).toEqual([20, 20, 6]);
});

test('nobody joins a call that has been sent: what they are told was asked after they came', async () => {
  const sent = await sentDuring(running, async () => {
    const first = await under(running, held, async () => {
      const asked = ask(person(1));
      await untilItArrived();
      // Not held up by the first either, which has its answer when the fault is taken away.
      got(await ask(person(2)));
      return { asked };
    });
    got(await first.asked);
  });
  expect(batches(sent).size).toBe(2);
  expect(sent.slice(0, 2).every(({ url }) => url.includes(person(2)))).toBe(true);
});

test('what is refused to one is no other’s failure, and says which question it was', async () => {
  const body = { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.' } };
  const fault = { match: { url: `${person(2)}/checkMemberGroups` }, respond: { status: 403, body } };
  const [first, second, third] = await under(running, fault, () => questions());
  expect([first?.ok, third?.ok]).toEqual([true, true]);
  const sent = (await http(running, 'GET', '/simulator/requests')).body as Sent[];
  const failure = outsideFailureOf(second);
  expect(failure).toMatchObject({
    code: 'Authorization_RequestDenied',
    status: 403,
    message: 'Insufficient privileges.',
    doing: 'reading group memberships',
    clientRequestId: sent.findLast(({ status }) => status === 403)?.clientRequestId,
  });
  expect(failure.correlationId).not.toBeNull();
});

test('only what was throttled is asked again, after as long as it was told to wait', async () => {
  const respond = { status: 429, headers: { 'retry-after': '1' }, body: { error: { code: 'TooManyRequests' } } };
  const fault = { match: { url: `${person(2)}/checkMemberGroups` }, times: 1, respond };
  const began = performance.now();
  const sent = await sentDuring(running, async () => {
    expect((await under(running, fault, () => questions())).map(got)[1]).toEqual({
      kind: 'member',
      of: [requesters, approvers],
    });
  });
  expect(performance.now() - began).toBeGreaterThan(950);
  expect(sent).toHaveLength(7);
  expect(sent.filter(({ url }) => url.includes(`${person(2)}/check`)).map(({ status }) => status)).toEqual([429, 200]);
});

test('asked to wait longer than a call has patience for, one ends at once and the others do not wait', async () => {
  const respond = { status: 429, headers: { 'retry-after': '60' }, body: { error: { code: 'TooManyRequests' } } };
  const fault = { match: { url: `${person(2)}/checkMemberGroups` }, respond };
  const [first, second] = await under(running, fault, () => questions());
  expect(first?.ok).toBe(true);
  expect(outsideFailureOf(second)).toMatchObject({ next: 'wait', status: 429, retryAfterMs: 60_000 });
});

describe('what befalls the whole call befalls each question', () => {
  const whole = '/\\$batch$';
  const unavailable = { error: { code: 'serviceNotAvailable', message: 'The service is unavailable.' } };

  test('and passes where it passes', async () => {
    const respond = { status: 503, headers: { 'retry-after': '0' }, body: unavailable };
    for (const fault of [{ respond }, { drop: true as const }]) {
      const results = await under(running, { match: { url: whole }, times: 1, ...fault }, () => questions());
      expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
    }
  });

  test.each([
    ['it is down', { status: 503, body: unavailable }, { next: 'wait', status: 503, code: 'serviceNotAvailable' }],
    [
      'it may not be asked',
      { status: 403, body: unavailable },
      { next: 'ask', status: 403, code: 'serviceNotAvailable' },
    ],
    [
      'a proxy answers',
      { status: 502, body: '<html>Bad Gateway</html>' },
      { next: 'wait', status: 502, code: 'Http502' },
    ],
    ['a page answers', { status: 200, body: '<html>sign in</html>' }, { next: 'ask', code: 'UnexpectedAnswer' }],
    ['it breaks off', { status: 200, body: '{"responses":[' }, { next: 'wait', code: 'UnexpectedAnswer' }],
    ['it is no batch', { status: 200, body: { value: [approvers] } }, { next: 'ask', code: 'UnexpectedAnswer' }],
    ['it has no answers', { status: 200, body: { responses: [] } }, { next: 'ask', code: 'UnexpectedAnswer' }],
  ])('and stays where it stays: %s', async (_what, respond, failure) => {
    const brief = connect(running, { limits: { retries: 1 } });
    const results = await under(running, { match: { url: whole }, respond }, () => questions(brief));
    for (const one of results) expect(failureOf(one)).toMatchObject({ ...failure, doing: 'reading who somebody is' });
  });

  test('also where nobody answers in time', async () => {
    const hasty = connect(running, { limits: { clickMs: 300 } });
    const results = await under(running, { match: { url: whole }, ...noAnswer }, () => questions(hasty));
    expect(results.map(failureOf).map(codeOf)).toEqual(['NoAnswerInTime', 'NoAnswerInTime', 'NoAnswerInTime']);
  });
});

test('a sign-in that is slower than a click goes on, and the next click has its token', async () => {
  const hasty = connect(running, { limits: { clickMs: 500 } });
  const signIns = async () =>
    ((await http(running, 'GET', '/simulator/requests')).body as Sent[]).filter(({ url }) => url.includes('/oauth2/'));
  const before = (await signIns()).length;
  await under(running, { match: { url: '/oauth2/' }, ...noAnswer }, async () => {
    expect(codeOf(failureOf(await ask(person(1), hasty)))).toBe('NoAnswerInTime');
  });
  await untilItWorks(() => ask(person(1), hasty));
  expect(await signIns()).toHaveLength(before + 1);
});

describe('who gives up', () => {
  const together = () => new GraphTogether(customCloud(running), defaultLimits);
  let authorization: string;
  beforeAll(async () => {
    authorization = `Bearer ${await clientsOf(running).token('https://graph.microsoft.com/.default')}`;
  });
  const asked = (by: GraphTogether, who: PersonId, signal: AbortSignal) => {
    const headers = createHttpHeaders({ authorization });
    const request = createPipelineRequest({ url: 'https://graph', method: 'GET', headers });
    return by.ask({ request, path: `/users/${who}?$select=id`, body: undefined }, signal);
  };
  const never = new AbortController().signal;

  test('ends nothing for the others in the call', async () => {
    const [by, impatient] = [together(), new AbortController()];
    const stayed = await under(running, held, async () => {
      const [gone, other] = [asked(by, person(1), impatient.signal), asked(by, person(2), never)];
      await untilItArrived();
      impatient.abort(new Error('enough'));
      await expect(gone).rejects.toThrow('enough');
      return { other };
    });
    expect(await stayed.other).toMatchObject({ isOwn: true, response: { status: 200 } });
  });

  test('before the call is sent is not asked about', async () => {
    const [by, impatient] = [together(), new AbortController()];
    const sent = await sentDuring(running, async () => {
      const both = Promise.allSettled([asked(by, person(1), impatient.signal), asked(by, person(2), never)]);
      impatient.abort(new Error('enough'));
      expect((await both).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    });
    expect(sent.map(({ url }) => url.includes(person(2)))).toEqual([true]);
  });

  test('who brings another token is asked for in another call', async () => {
    const by = together();
    const other = createPipelineRequest({
      url: 'https://graph',
      method: 'GET',
      headers: createHttpHeaders({ authorization: 'Bearer nothing' }),
    });
    const [mine, theirs] = await Promise.all([
      asked(by, person(1), never),
      by.ask({ request: other, path: `/users/${person(2)}`, body: undefined }, never),
    ]);
    expect([mine.response.status, theirs.response.status]).toEqual([200, 401]);
  });
});
