import { copyFile, mkdir, readdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { lastFile, type RunningWitness, startWitness } from '../../sandbox/witness.ts';
import { checkpointText } from '../../src/audit/tlog/checkpoint.ts';
import { keyLine, readKeyLine } from '../../src/audit/tlog/keys.ts';
import { DiagnosisReport } from '../../src/operator/doctor/diagnosis.ts';
import { witnessKey } from '../support/audit/packs.ts';
import { logName } from '../support/audit/published-log.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { copyFolder } from '../support/processes/copy-folder.ts';
import { rowsOf, runAs } from '../support/store/postgres.ts';
import { newDatabase } from '../support/store/run-server.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import * as story from '../support/world/story.ts';

const { activityText, approvalCard, approve, ask, choices, faultAzure, mendAzure } = story;
const { people, places, shows, until, untilAzureAnswered, writes } = story;

/** What the bot publishes of its record, who is told of it, and when it doesn't start, or ends. Rules of the log: unit/audit. */

const env = { CMK_CHECKPOINT_EVERY: '200ms', CMK_LOG_NAME: logName };
const world = scenario({ own: { inProcess: false, env } });
/** What the last start changed. */
let more: NodeJS.ProcessEnv = {};
const cli = (...args: string[]) => cmkBot(args, { ...world.settings, ...more });
const anchor = (...parts: string[]): string => path.join(world.dataDir, 'anchor', ...parts);
const published = async (): Promise<number> =>
  Number((await readFile(anchor('checkpoint'), 'utf8').catch(() => '\n0')).split('\n')[1]);
/** With the verifier keys of log and witness. */
const keysOfBoth = (): string => path.join(world.dataDir, 'keys-of-both.txt');

beforeAll(async () => {
  const id = await ask(world, choices.first);
  const card = await approvalCard(world, id);
  await until(async () => (await published()) === 1, 'the request is published');
  await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } });
  await shows(world, places.operations, people.requester, id, /Rejected/);
  await until(async () => (await published()) === 2, 'the rejection is published');
  await writeFile(keysOfBoth(), `${await readFile(anchor('keys.txt'), 'utf8')}${keyLine(witnessKey.verifier)}\n`);
});

/** What the bot says when it does not start. */
const startFails = async (): Promise<string> => {
  const since = world.printed().length;
  await expect(world.startBot(more)).rejects.toThrow('was not ready');
  return world.printed().slice(since);
};

async function startedWitness(): Promise<RunningWitness> {
  const key = readKeyLine((await readFile(anchor('keys.txt'), 'utf8')).trim());
  const witness = await startWitness({
    folder: path.join(world.dataDir, 'witness'),
    log: typeof key === 'string' ? [] : [key],
    key: witnessKey,
  });
  more = { CMK_WITNESSES: `${witness.url} ${keyLine(witnessKey.verifier)}` };
  return witness;
}
const remembers = (text: string): Promise<void> => writeFile(path.join(world.dataDir, 'witness', lastFile), text);

const found = async (): Promise<readonly [string, string][]> => {
  const { out } = await cli('doctor', '--only', 'record/witnesses', '--json');
  return DiagnosisReport.parse(JSON.parse(out)).findings.map(({ outcome, found: words }) => [outcome, words]);
};

describe('the published log', () => {
  it('is checked together with the record while the bot runs', async () => {
    const { code, out } = await cli('audit', 'verify', '--anchor', anchor());
    expect(out).toMatch(/^incomplete: 2 events/);
    expect(out).toContain('Compared with the published log: 2 events are unchanged.');
    expect(out).toContain('Published log: 2 events under 2 checkpoints of bot.example/audit, signed, and consistent.');
    // The keys came from beside it.
    expect({ code, told: out.includes('--log-key') }).toEqual({ code: 3, told: true });
  });

  it('is checked by somebody who has nothing but the folder and the log’s key', async () => {
    const elsewhere = path.join(world.dataDir, 'auditor');
    const key = path.join(world.dataDir, 'my-keys.txt');
    await copyFolder(anchor(), elsewhere);
    await copyFile(path.join(elsewhere, 'keys.txt'), key);
    const verify = (file: string) => cmkBot(['audit', 'verify', elsewhere, '--log-key', file], {});
    expect(await verify(key)).toMatchObject({ code: 0, out: expect.stringMatching(/^verified: 2 events/) });
    await writeFile(key, `${keyLine(witnessKey.verifier)}\n`);
    expect(await verify(key)).toMatchObject({
      code: 2,
      err: expect.stringContaining('checkpoint: no-known-signature'),
    });
    // A witness whose key is given has to have signed.
    const unsigned = expect.stringContaining('NOT signed by witness.example/w1');
    expect(await verify(keysOfBoth())).toMatchObject({ code: 3, out: unsigned });
  });

  it('goes into the audit channel whole, in one post a day, once a request has ended', async () => {
    const replied = (activity: SeenActivity): boolean => activityText(activity).includes('Checkpoint of 2 events');
    const post = await world.teams.sees('19:audit@thread.tacv2', people.approver, replied);
    expect(activityText(post)).not.toContain('bot.example');
    const reply = JSON.stringify(post);
    const note = await readFile(anchor('checkpoints', '2'), 'utf8');
    const lines = note.split('\n').filter((line) => line !== '');
    expect(lines.length).toBe(4);
    for (const line of lines) expect(reply).toContain(line);
  });

  it('holds no text that people wrote', async () => {
    const names = await readdir(anchor(), { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const text = await readFile(path.join(file.parentPath, file.name), 'latin1');
      for (const said of ['Own keys before the audit', 'Not this week']) expect(text).not.toContain(said);
    }
  });

  it('is published at once after a decision, with the witness’s signature', async () => {
    await world.endBot('SIGINT');
    const witness = await startedWitness();
    await world.startBot({ ...more, CMK_CHECKPOINT_EVERY: '1h' });
    await ask(world, choices.test);
    await until(async () => (await published()) === 3, 'the request is published');
    expect(await found()).toEqual([
      ['ok', '1 of 1 witness signed the newest checkpoint; 1 is needed'],
      ['ok', expect.stringMatching(/^witnessed up to 3, /)],
    ]);
    await world.endBot('SIGINT');
    await witness.stop();
    more = {};
    const { code, out } = await cli('audit', 'verify', '--anchor', anchor(), '--log-key', keysOfBoth());
    expect([code, out]).toEqual([0, expect.stringMatching(/^verified: 3 events/)]);
    expect(out).toMatch(/The newest checkpoint is witnessed by witness\.example\/w1 \(2\d{3}-/);
  });

  it('that can’t be read at the start is said, and doesn’t keep the bot from starting', async () => {
    await rename(anchor('checkpoint'), anchor('checkpoint-kept'));
    await mkdir(anchor('checkpoint'));
    const since = world.printed().length;
    await world.startBot();
    expect(await sendRaw(world, '', { method: 'GET', path: '/readyz' })).toMatchObject({ status: 200 });
    expect(world.printed().slice(since)).toContain('could not be published');
    await world.endBot('SIGINT');
    await rmdir(anchor('checkpoint'));
    await rename(anchor('checkpoint-kept'), anchor('checkpoint'));
  });
});

/** Records that are not the one that was published: below, unit/audit/published-log and test/long/record-attacks. */
describe('a witness that knows another history', () => {
  let witness: RunningWitness;
  const alarms = async (): Promise<number> =>
    (await world.teams.activities('19:audit@thread.tacv2', people.approver)).filter((one) =>
      /Witness .* signed a different version/.test(activityText(one)),
    ).length;
  const figure = async (name: string): Promise<string | undefined> =>
    (await sendRaw(world, '', { method: 'GET', path: '/metrics' })).body
      .split('\n')
      .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  beforeAll(async () => {
    await remembers(checkpointText({ origin: logName, size: 99, root: Buffer.alloc(32, 9) }));
    witness = await startedWitness();
    await world.startBot(more);
    await ask(world, choices.policies);
  });
  afterAll(() => witness.stop());

  it('is an alarm, told once in the audit channel, in figures and by the doctor', async () => {
    await until(async () => (await alarms()) === 1, 'people are told');
    expect(await figure('cmk_witness_contradicts')).toBe('cmk_witness_contradicts{witness="witness.example/w1"} 1');
    expect(await figure('cmk_witnesses_missing')).toBe('cmk_witnesses_missing 1');
    expect(await found()).toEqual([
      ['warn', '0 of 1 witness signed the newest checkpoint; 1 is needed: too few'],
      ['fail', expect.stringMatching(/signed a different version of the audit log, since .*: it has signed 99 events/)],
    ]);
  });

  it('is asked again when an operator decides so', async () => {
    const [text = ''] = (await readFile(anchor('checkpoints', '3'), 'utf8')).split('\n\n');
    await remembers(`${text}\n`);
    expect(await cli('audit', 'ask-again', 'witness.example/w2')).toMatchObject({ code: 1 });
    expect(await cli('audit', 'ask-again', 'witness.example/w1', '--as', 'Operator')).toMatchObject({ code: 0 });
    // The outcome is reported before the checkpoint is written.
    await until(async () => {
      const { out } = await cli('audit', 'verify', '--anchor', anchor(), '--log-key', keysOfBoth());
      return /The newest checkpoint is witnessed by witness\.example\/w1/.test(out);
    }, 'the published checkpoint has the signature');
    expect(await found()).toEqual([
      ['ok', '1 of 1 witness signed the newest checkpoint; 1 is needed'],
      ['ok', expect.stringMatching(/^witnessed up to 4, (just now|\d+ \w+ ago)$/)],
    ]);
  });
});

describe('a decision', () => {
  const anchorOf = (...parts: string[]): string => path.join(more.CMK_ANCHOR ?? '', ...parts);
  const size = async (): Promise<number> =>
    Number((await readFile(anchorOf('checkpoint'), 'utf8').catch(() => '\n0')).split('\n')[1]);
  /** Nothing can be published, nor read. */
  const blockPlace = async (): Promise<void> => {
    await rename(anchorOf('checkpoint'), anchorOf('checkpoint-kept'));
    await mkdir(anchorOf('checkpoint'));
  };
  const freePlace = async (): Promise<void> => {
    await rmdir(anchorOf('checkpoint'));
    await rename(anchorOf('checkpoint-kept'), anchorOf('checkpoint'));
  };
  const Head = z.tuple([z.object({ seq: z.number() })]);
  const recorded = async (): Promise<number> =>
    Head.parse(await rowsOf(more.DATABASE_URL ?? '', 'select seq::int from cmk.chain_head'))[0].seq;
  let from = 0;
  let place = 0;
  beforeEach(async () => {
    place += 1;
    const CMK_ANCHOR = path.join(world.dataDir, `decisions-${place}`);
    more = { DATABASE_URL: await newDatabase(), CMK_ANCHOR, CMK_CHECKPOINT_EVERY: '1h', CMK_WITNESSES: '' };
    await world.restartBot('SIGINT', more);
    from = (await world.azureRequests()).length;
  });

  it('that can’t be published keeps the bot from changing anything, and people see why', async () => {
    const id = await ask(world, choices.test);
    await until(async () => (await size()) === 1, 'the request is published at once');
    await blockPlace();
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /not published yet/);
    expect(await writes(world, from)).toEqual([]);
    expect(world.printed()).toContain('a run waits: the last decision is not published');
    await freePlace();
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    // What the bot did is published when it ends.
    const end = await recorded();
    expect(await size()).toBeLessThan(end);
    await world.endBot('SIGINT');
    expect(await size()).toBe(end);
  });

  it.each(['rejection', 'stop'])(
    'that the database’s owner takes away before it is published isn’t forgotten with the process that stored it: a %s',
    async (what) => {
      const id = await ask(world, choices.first);
      await until(async () => (await size()) === 1, 'the request is published at once');
      const card = await approvalCard(world, id);
      if (what === 'stop') {
        const match = { method: 'PATCH', url: 'healthBots/triage-agent-prod' };
        await faultAzure(world, { match, operation: { takesMs: 'for-ever' } });
        await approve(world, people.approver, card);
        await untilAzureAnswered(world, match, 1, from);
      }
      const end = await recorded();
      const before = await writes(world, from);
      await blockPlace();
      const since = world.printed().length;
      const inputs = { comment: 'Not this week' };
      expect((await world.teams.click(people.approver, card.id, 'request.reject', { inputs })).status).toBe(200);
      expect(await recorded()).toBeGreaterThan(end);
      await runAs(more.DATABASE_URL ?? '', [
        "set session_replication_role = 'replica'",
        `delete from cmk.event where seq > ${end}`,
        `delete from cmk.free_text where request_id = '${id}' and revision > 1`,
        `insert into cmk.open_request select lower(body::json->>'target'), request_id from cmk.event where seq = ${end}
          on conflict do nothing`,
        `update cmk.chain_head set seq = ${end}, hash = (select hash from cmk.event where seq = ${end})`,
      ]);
      await mendAzure(world);
      await until(async () => world.printed().slice(since).includes('changed outside the bot'), 'the bot ends');
      await world.endBot('SIGINT');
      await freePlace();
      expect(await startFails()).toContain('more events were published than the audit log has (record-shorter)');
      expect(await writes(world, from)).toEqual(before);
    },
  );
});
