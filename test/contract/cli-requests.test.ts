import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { requester } from '../support/builders/fixtures.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { rejected, retrying, stuck, writeRecord } from '../support/store/cli-record.ts';
import { writeServerSealKey } from '../support/store/seal-keys.ts';
import { testDatabases } from '../support/store/test-stores.ts';

/** Requests at the command line, with no bot running. */

const Details = z.looseObject({ state: z.string(), events: z.array(z.looseObject({ type: z.string() })) });

const databases = testDatabases();

describe('requests at the command line', () => {
  const env: NodeJS.ProcessEnv = {};
  let keyFolder = '';
  const details = async (id: string) =>
    Details.parse(JSON.parse((await cmkBot(['requests', 'show', id, '--json'], env)).out));

  beforeAll(async () => {
    keyFolder = await mkdtemp(path.join(os.tmpdir(), 'cmk-keys-'));
    const url = await databases.fresh();
    const store = await databases.start(url);
    await writeRecord(store);
    await store.people.save({ id: requester, memberId: '29:x', name: 'Requester\u001b[2J', address: null });
    await store.close();
    Object.assign(env, { DATABASE_URL: url, CMK_SEAL_KEY_FILE: await writeServerSealKey(keyFolder) });
  });

  afterAll(() => rm(keyFolder, { recursive: true }));

  it('lets nobody’s name steer the terminal', async () => {
    const { out } = await cmkBot(['requests', 'list'], env);
    expect(out).toContain('Requester\uFFFD[2J');
    expect(out).not.toContain('\u001b');
  });

  it('tells what failed, what comes next and what is safe now', async () => {
    const { code, out } = await cmkBot(['requests', 'show', stuck.toLowerCase()], env);
    expect(code).toBe(0);
    expect(out).toContain(`${stuck}  needs attention\nbot-care: Microsoft-managed key → care in kv-care`);
    expect(out).toMatch(
      /403 AuthorizationFailed, protecting vault kv-care\n {2}The client has no right to do this\.\uFFFD/,
    );
    expect(out).toMatch(/Correlation {5}correlation-1/);
    expect(out).toContain('Next attempt\n  none: a person must decide');
    expect(out).toMatch(
      /Safe now\n {2}This request didn’t change the resource’s key\.\n {2}retry: continues where it stopped/,
    );
    expect(await details(stuck)).toMatchObject({
      lastFailure: { code: 'AuthorizationFailed' },
      nextRetryAt: null,
      safeNow: ['retry', 'give-up'],
    });
  });

  it('refuses what the state does not allow, and stores nothing', async () => {
    const before = await details(retrying);
    const refusals = [
      await cmkBot(['requests', 'cancel', retrying], env),
      await cmkBot(['requests', 'retry', retrying], env),
      await cmkBot(['requests', 'cancel', rejected], env),
    ];
    expect(refusals.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(refusals.map(({ err }) => err.trim())).toEqual([
      `Nothing was done. Request ${retrying} is running.`,
      'Nothing was done. The request doesn’t need attention now.',
      `Nothing was done. Request ${rejected} has ended.`,
    ]);
    expect(await details(retrying)).toEqual(before);
  });

  it('retries once, however often it is asked, and once more after the next failure', async () => {
    const first = await cmkBot(['requests', 'retry', stuck, '--as', 'duty'], env);
    const again = await cmkBot(['requests', 'retry', stuck, '--as', 'somebody else'], env);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toMatch(/^Request CMK-000002 continues where it stopped\. Recorded as event \d+, by duty\.\n$/);
    expect(again.out).toMatch(/^Already done: event \d+ of .* UTC, by duty\.\n$/);
    const { events, state } = await details(stuck);
    expect(state).toBe('approved');
    expect(events.filter(({ type }) => type === 'retried')).toMatchObject([
      { actor: { kind: 'operator', id: 'duty' }, submittedBy: 'duty', cause: 'cli:retry:7' },
    ]);
  });

  it('stops a run once, and completed changes stay', async () => {
    const stop = () => cmkBot(['requests', 'stop', retrying, '--as', 'night duty'], env);
    expect(await stop()).toMatchObject({ code: 0, out: expect.stringContaining('ompleted changes stay') });
    expect((await details(retrying)).state).toBe('needs-attention');
    expect(await stop()).toMatchObject({ code: 1, err: expect.stringContaining('has already stopped') });
  });
});
