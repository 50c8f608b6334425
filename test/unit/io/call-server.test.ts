import { callServer } from '../../../src/io/call-server.ts';
import { type HostileAnswer, startHostileServer } from '../../support/attacks/hostile-server.ts';

/** Calls to servers that answer in order to harm. */

/** The time is over only where the answer is late: on a busy machine, the first bytes can take longer than a short limit. */
const limits = { bytes: 100_000, ms: 60_000 };
const short = { ...limits, ms: 400 };
/** What fits in the buffers of both sockets, on top of what is taken. */
const inSockets = 16 * 1_048_576;

describe('a call to another server', () => {
  test.each<[HostileAnswer, RegExp, typeof limits]>([
    ['a body without end', /^the answer is too long: more than 100000 bytes$/, limits],
    ['a body without end of a refusal', /^the answer is too long/, limits],
    ['a length of 4 GiB', /^the answer is too long/, limits],
    ['a packed body without end', /^the answer is packed \(gzip\)$/, limits],
    ['a body that drips', /^there was no whole answer within 0\.4 seconds$/, short],
    ['a head that drips', /^there was no whole answer within 0\.4 seconds$/, short],
    ['no answer', /^there was no whole answer within 0\.4 seconds$/, short],
    ['a cut answer', /aborted/, limits],
  ])('ends at %s', async (answer, why, within) => {
    const server = await startHostileServer(answer);
    await expect(callServer(server.url, { limits: within })).rejects.toThrow(why);
    expect(server.sent()).toBeLessThan(limits.bytes + inSockets);
    await server.stop();
  });

  test('follows no redirect', async () => {
    const server = await startHostileServer('a redirect to itself');
    expect((await callServer(server.url, { limits })).status).toBe(307);
    expect(server.calls()).toBe(1);
    await server.stop();
  });

  test('ends when the caller’s own signal does', async () => {
    const server = await startHostileServer('a body that drips');
    const call = callServer(server.url, { limits, signal: AbortSignal.timeout(100) });
    await expect(call).rejects.toThrow(/abort/);
    await server.stop();
  });
});
