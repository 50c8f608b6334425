import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { admits, type GateOptions, openGate, openRateLimit } from '../../../../src/teams/ingress/gate.ts';

function opened(burst: number, perSecond: number) {
  const clock = { ms: 0 };
  const flood = openRateLimit({ burst, perSecond }, () => clock.ms);
  const admitted = (key: string, times: number): number =>
    Array.from({ length: times }, () => admits([[flood, key, 1]])).filter(Boolean).length;
  return { clock, admitted };
}

it('lets through as many at once as it should, for each key', () => {
  const { admitted } = opened(3, 1);
  expect(admitted('one', 10)).toBe(3);
  expect(admitted('two', 2)).toBe(2);
});

it('lets through more as time goes by, and never more than at first', () => {
  const { admitted, clock } = opened(3, 1);
  admitted('one', 3);
  clock.ms = 900;
  expect(admitted('one', 5)).toBe(0);
  clock.ms = 2_000;
  expect(admitted('one', 5)).toBe(2);
  clock.ms = 3_600_000;
  expect(admitted('one', 10)).toBe(3);
});

it('remembers ten thousand keys, the last used ones', () => {
  const { admitted } = opened(1, 0);
  admitted('old', 1);
  admitted('kept', 1);
  for (let n = 0; n < 9_998; n += 1) admitted(`${n}`, 1);
  expect(admitted('kept', 1)).toBe(0);
  admitted('one more', 1);
  expect(admitted('kept', 1)).toBe(0);
  expect(admitted('old', 1)).toBe(1);
});

it('charges nobody for a call that another limit refuses', () => {
  const now = () => 0;
  const person = openRateLimit({ burst: 10, perSecond: 0 }, now);
  const everybody = openRateLimit({ burst: 1, perSecond: 0 }, now);
  const claims = [
    [person, 'one', 1],
    [everybody, 'all', 1],
  ] as const;
  expect(admits(claims)).toBe(true);
  for (let n = 0; n < 20; n += 1) expect(admits(claims)).toBe(false);
  expect(person.has('one', 9)).toBe(true);
});

it('the gate admits a few of two hundred lists that one person requests at once, and the clicks of others', async () => {
  const callers = async () => ({ kind: 'caller', mayCarry: () => true });
  const gate = openGate({ callers, callsAtOnce: 200 } as unknown as GateOptions);
  const call = (id: string, text: string) => {
    const activity = {
      type: 'message',
      channelId: 'msteams',
      serviceUrl: 'https://smba.trafficmanager.net/emea/',
      text,
    };
    const people = { from: { id }, recipient: { id: '28:bot' }, conversation: { id: `a:${id}` } };
    const body = Readable.from([Buffer.from(JSON.stringify({ ...activity, ...people }))]);
    return gate(Object.assign(body, { headers: { 'content-type': 'application/json' } }) as unknown as IncomingMessage);
  };
  const lists = await Promise.all(Array.from({ length: 200 }, () => call('29:a', '/cmk-history')));
  const refused = lists.filter(({ kind }) => kind === 'refused');
  expect(refused.length).toBeGreaterThan(100);
  expect(refused.length).toBeLessThan(200);
  expect(refused[0]).toMatchObject({ status: 429 });
  expect(await call('29:b', 'hello')).toMatchObject({ kind: 'accepted' });
  // A list counts as five clicks.
  const clicks = await Promise.all(Array.from({ length: 200 }, () => call('29:c', 'hello')));
  expect(clicks.filter(({ kind }) => kind === 'refused')).toEqual([]);
});
