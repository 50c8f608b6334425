import { setTimeout as pause } from 'node:timers/promises';
import { Throttled } from '../../../../src/domain/retry.ts';
import { openDeferredUpdates } from '../../../../src/teams/bot/reply.ts';
import { nothing } from '../../../../src/teams/cards/plain-text.ts';
import { messageCard } from '../../../../src/teams/cards/views/short-views.ts';

const at = { conversationId: '19:operations@thread.tacv2', activityId: '7' };
const answer = messageCard('The answer', nothing);
const status = (statusCode: number) => Object.assign(new Error(`${statusCode}`), { statusCode });
const restarted = Object.assign(new Error('the database was restarted'), { code: '57P01' });
const fail = (error: Error) => async () => {
  throw error;
};
type Later = ReturnType<typeof openDeferredUpdates>;
type Done = () => Promise<void>;
const replaces = (later: Later) => later.replace(at, Promise.resolve(answer));
const follows = (later: Later, done: Done) => later.follow(at, async () => answer, done);

/** What was sent and logged. `failures`: of each attempt in turn. */
async function ofUpdates(begin: (later: Later, done: Done) => void, ...failures: readonly Error[]) {
  const [sent, logged]: [(string | undefined)[], string[]] = [[], []];
  const log = (level: string) => () => void logged.push(level);
  const update = async (_at: object, card: { readonly fallbackText?: string }) => {
    const error = failures[sent.push(card.fallbackText) - 1];
    if (error !== undefined) throw error;
    return true;
  };
  begin(
    openDeferredUpdates({ chat: { update }, log: { error: log('error'), warn: log('warn') } }),
    async () => void logged.push('shown'),
  );
  await pause(8_500);
  return { sent, logged };
}

const once = ['The answer'];
const twice = [...once, ...once];
const failed = [expect.stringContaining('Something unexpected happened.')];

// Real pauses of seconds, all at once.
test('what is sent and logged where an answer can’t be read, or Teams doesn’t take it at once', async () => {
  const cases = [
    [[], ['error'], ofUpdates((later, done) => later.follow(at, fail(new TypeError('a bug')), done))],
    [[], ['warn'], ofUpdates((later, done) => later.follow(at, fail(restarted), done))],
    [once, ['warn'], ofUpdates(follows, new Error('Teams did not answer'))],
    [failed, ['error'], ofUpdates((later) => later.replace(at, fail(restarted)()))],
    // Teams might have shown it: no error replaces it.
    [once, ['warn'], ofUpdates(replaces, new Error('Teams did not answer'))],
    [twice, [], ofUpdates(replaces, new Throttled(300))],
    // Once more, in case that a slow answer stands over it.
    [twice, ['shown'], ofUpdates(follows)],
    [[...twice, ...once], ['shown'], ofUpdates(follows, status(502))],
    [once, ['warn'], ofUpdates(replaces, new Throttled(600_000))],
    [once, ['warn'], ofUpdates(replaces, status(409))],
  ] as const;
  const found = await Promise.all(cases.map(async ([, , updates]) => updates));
  expect(found).toEqual(cases.map(([sent, logged]) => ({ sent, logged })));
});
