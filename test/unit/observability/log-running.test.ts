import { jest } from '@jest/globals';
import { logRunning } from '../../../src/observability/log.ts';

const hourMs = 3_600_000;
const build = { version: '1.2.3' };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** What a bot logs on its own. `head`: reads the end of the audit log. */
function idle(head: () => Promise<{ readonly seq: number }>) {
  const lines: unknown[] = [];
  const say =
    (level: string) =>
    (fields: object, message: string): unknown =>
      lines.push([level, message, fields]);
  const running = logRunning({ log: { info: say('info'), warn: say('warn') }, head, build });
  return { lines, running };
}

test('a bot that does nothing logs a line every hour until it stops, so a day without one is a fault', async () => {
  const { lines, running } = idle(async () => ({ seq: 7 }));
  await jest.advanceTimersByTimeAsync(24 * hourMs);
  expect(lines).toHaveLength(24);
  expect(lines[0]).toEqual(['info', 'running', { version: '1.2.3', events: 7 }]);
  await running.stop();
  await jest.advanceTimersByTimeAsync(24 * hourMs);
  expect(lines).toHaveLength(24);
});

test('a database that doesn’t answer is a line too', async () => {
  const err = new Error('no connection');
  const { lines } = idle(() => Promise.reject(err));
  await jest.advanceTimersByTimeAsync(hourMs);
  expect(lines).toEqual([
    ['warn', 'running, but the end of the audit log couldn’t be read', { version: '1.2.3', err }],
  ]);
});
