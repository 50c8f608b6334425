import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  type Attacked,
  asOwner,
  liveAttacks,
  type RecordAttack,
  recordAttacks,
  starts,
} from '../support/attacks/record-attacks.ts';
import { table } from '../support/docs/table.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { runAs } from '../support/store/postgres.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { startStore } from '../support/store/store-client.ts';
import { approvalCard, approve, ask, choices, people, places, shows, writes } from '../support/world/story.ts';
import { startWorld, testOverrides, type World } from '../support/world/world.ts';

/**
 * Somebody has the rights of the database's owner and puts rows in, changes them, moves them, takes them away. Nothing of it is
 * obeyed: Azure gets no write. What each comes to is one table: test/golden/database-attacks.md.
 */

/** Settings with which what is recorded is published in the folder. The log's key is in it: no bot of these tests is attacked through it. */
async function publishedIn(folder: string): Promise<NodeJS.ProcessEnv> {
  const key = path.join(folder, 'log.key');
  await writeFile(key, `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 });
  return { CMK_ANCHOR: folder, CMK_LOG_KEY_FILE: key };
}

const Report = z.object({ findings: z.array(z.object({ kind: z.string() })) });
const told: (readonly [string, string, string])[] = [];

describe('with the rights of the database’s owner', () => {
  let world: World;
  let base = '';
  let record: Attacked;
  let kept = '';
  let anchor = '';

  const reject = async (id: string): Promise<void> => {
    const card = await approvalCard(world, id);
    await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } });
    await shows(world, places.operations, people.requester, id, /Rejected/);
  };
  const cli = (url: string, ...args: string[]) =>
    cmkBot(args, { DATABASE_URL: url, CMK_SEAL_KEY_FILE: path.join(world.dataDir, 'server-seal.key') });

  beforeAll(async () => {
    base = await newDatabase();
    anchor = await mkdtemp(path.join(os.tmpdir(), 'cmk-anchor-'));
    world = await startWorld({ env: { DATABASE_URL: base, ...(await publishedIn(anchor)) } });
    const rejected = await ask(world, choices.policies);
    await reject(rejected);
    const waiting = await ask(world, choices.first);
    const rejectedLast = await ask(world, choices.test);
    await reject(rejectedLast);
    await world.endBot('SIGINT');
    const store = await startStore(world.databaseUrl);
    record = { lines: await store.call('auditLog', 'lines', null, 100), rejected, waiting, rejectedLast };
    await store.close();
    expect(record.lines).toHaveLength(5);
    kept = path.join(world.dataDir, 'kept.jsonl');
    await writeFile(kept, (await cli(base, 'audit', 'export', '--format', 'jsonl')).out);
  });
  afterAll(async () => {
    await world?.end();
    await rm(anchor, { recursive: true });
  });

  async function found(url: string, ...args: string[]): Promise<string> {
    const { code, out } = await cli(url, 'audit', 'verify', '--json', ...args);
    const kinds = [...new Set(Report.parse(JSON.parse(out)).findings.map(({ kind }) => kind))];
    expect(code).toBe(kinds.length === 0 ? 0 : 1);
    return kinds.join(', ') || 'nothing';
  }

  /** Why the bot does not start, or ended, in one word; null while it lives. */
  const lastWords = (printed: string): string | null => {
    const [, how = '', why = ''] = /cmk-bot (does not start|ends): [\s\S]*?\(([a-z-]+)\)\./.exec(printed) ?? [];
    return how === '' ? null : `${how}: ${why}`;
  };

  const linesSince = (since: number): readonly unknown[] =>
    world
      .printed()
      .slice(since)
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));

  async function endsOf(since: number, patienceMs: number): Promise<string | null> {
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(100)) {
      const words = lastWords(world.printed().slice(since));
      if (words !== null) return words;
    }
    return null;
  }

  /** Whoever is expected to live is looked at for so long; whoever is expected to end is given the time. */
  const patienceFor = (bot: string): number => (bot === starts ? 3_000 : 60_000);

  async function startsOn(url: string, expected: string): Promise<string> {
    const since = world.printed().length;
    const started = await world.startBot({ DATABASE_URL: url }).then(
      () => true,
      () => false,
    );
    // What isn't due is read when somebody asks for it. A bot that ends can't answer them any more.
    if (started && expected !== starts)
      await world.teams
        .say(people.requester, places.operations, `/cmk-history ${record.waiting}`)
        .catch(() => undefined);
    const ends = started ? await endsOf(since, patienceFor(expected)) : lastWords(world.printed().slice(since));
    await world.endBot('SIGINT');
    if (ends === null) return started ? 'starts, does nothing of it' : world.printed().slice(since);
    return ends.replace(/^ends:/, 'starts, ends when it reads it:');
  }

  test.each(recordAttacks)('$attack', async ({ attack, statements, bot, verify, against, logs }: RecordAttack) => {
    const since = world.printed().length;
    const url = await newDatabase(base);
    await runAs(url, [...asOwner, ...statements(record)]);
    const before = await found(url);
    const outcome = await startsOn(url, bot);
    const beside =
      against === undefined
        ? ''
        : `; beside a kept export, or what was published: ${await found(url, '--against', kept)}`;
    told.push([attack, outcome, `${before}${beside}`]);
    expect({ bot: outcome, verify: before }).toEqual({ bot, verify });
    if (logs !== undefined) expect(linesSince(since)).toContainEqual(expect.objectContaining(logs));
    if (against !== undefined) {
      expect(await found(url, '--against', kept)).toBe(against);
      expect(await found(url, '--anchor', anchor, '--log-key', path.join(anchor, 'keys.txt'))).toBe(against);
    }
    expect(await writes(world)).toEqual([]);
  });

  const thenAsked = {
    approve: async () => void (await approve(world, people.approver, await approvalCard(world, record.waiting))),
    look: async () =>
      void (await world.teams.say(people.approver, places.operations, `/cmk-history ${record.rejected}`)),
  };

  test.each(liveAttacks)('$attack', async ({ attack, statements, asked, bot, verify }) => {
    const url = await newDatabase(base);
    await world.startBot({ DATABASE_URL: url });
    const since = world.printed().length;
    await runAs(url, [...asOwner, ...statements(record)]);
    // The bot may be gone before it is asked.
    await thenAsked[asked]().catch(() => undefined);
    // Which of its parts reads which row first is chance.
    const outcome = (await endsOf(since, patienceFor(bot)))?.replace(/:.*/, '') ?? 'goes on';
    await world.endBot('SIGINT');
    const findings = await found(url);
    told.push([attack, outcome, findings]);
    expect({ bot: outcome, verify: findings }).toEqual({ bot, verify });
    // It stays so.
    expect(await startsOn(url, bot)).toMatch(/^does not start: /);
    expect(await writes(world)).toEqual([]);
  });

  test('while two bots run on it: approval and run put in at negative numbers end the one that meets them first, and the other', async () => {
    const url = await newDatabase(base);
    const [forged] = liveAttacks;
    await world.startBot({ DATABASE_URL: url, ...testOverrides({ replica: 'one' }) });
    const second = await world.startReplica('two', { DATABASE_URL: url });
    const since = world.printed().length;
    await runAs(url, [...asOwner, ...(forged?.statements(record) ?? [])]);
    const ends = () => world.printed().slice(since).split('cmk-bot ends: ').slice(1);
    for (const until = Date.now() + 60_000; ends().length < 2 && Date.now() < until; ) await sleep(100);
    await Promise.all([world.endBot('SIGINT'), second.end('SIGINT')]);
    expect(ends()).toHaveLength(2);
    for (const words of ends()) expect(words).toContain('the audit log was changed outside the bot');
    expect(await found(url)).toBe(forged?.verify);
    expect(await writes(world)).toEqual([]);
  });

  test('the table is the one in test/golden', () => {
    const rows = told.map((row) => row.map((cell) => (cell === '' ? '–' : cell)));
    process.stdout.write(`${table('What the owner of the database does', ['attack', 'bot', 'audit verify'], rows)}\n`);
    const document = readFileSync(new URL('../golden/database-attacks.md', import.meta.url), 'utf8');
    expect(rows.map((row) => `| ${row.join(' | ')} |`).filter((line) => !document.includes(line))).toEqual([]);
  });
});
