import { copyFile, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lastFile, type RunningWitness, startWitness } from '../../sandbox/witness.ts';
import { keyLine, readKeyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import { checkpointText } from '../../src/audit/tlog/note.ts';
import { DiagnosisReport } from '../../src/operator/doctor/diagnosis.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { copyFolder } from '../support/processes/copy-folder.ts';
import { newDatabase } from '../support/store/run-server.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { activityText, approvalCard, ask, choices, people, places, shows, until } from '../support/world/story.ts';

/** What the bot publishes of its record, checked by whoever has the folder, and what comes of a record that is not the one published. */

const logName = 'bot.example/audit';

const env = { CMK_CHECKPOINT_EVERY: '200ms', CMK_LOG_NAME: logName };
const world = scenario({ own: { env } });
/** What the last start changed. */
let more: NodeJS.ProcessEnv = {};
const cli = (...args: string[]) => cmkBot(args, { ...world.settings, ...more });
const anchor = (...parts: string[]): string => path.join(world.dataDir, 'anchor', ...parts);
const published = async (): Promise<number> =>
  Number((await readFile(anchor('checkpoint'), 'utf8').catch(() => '\n0')).split('\n')[1]);

let id: string;
beforeAll(async () => {
  id = await ask(world, choices.first);
  const card = await approvalCard(world, id);
  await until(async () => (await published()) === 1, 'the request is published');
  await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } });
  await shows(world, places.operations, people.requester, id, /Rejected/);
  await until(async () => (await published()) === 2, 'the rejection is published');
});

/** What the bot says when it does not start. */
const startFails = async (): Promise<string> => {
  const since = world.printed().length;
  await expect(world.startBot(more)).rejects.toThrow('was not ready');
  return world.printed().slice(since);
};

const witnessKey = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 2));

/** A witness of the log, and the file with the keys of both. */
async function startedWitness(): Promise<readonly [RunningWitness, string]> {
  const logLine = (await readFile(anchor('keys.txt'), 'utf8')).trim();
  const keys = path.join(world.dataDir, 'keys-of-both.txt');
  await writeFile(keys, `${logLine}\n${keyLine(witnessKey.verifier)}\n`);
  return [await startIt(), keys];
}

const witnessFolder = (): string => path.join(world.dataDir, 'witness');
let refused = 0;

async function startIt(port = 0): Promise<RunningWitness> {
  const log = [readKeyLine((await readFile(anchor('keys.txt'), 'utf8')).trim())].filter(
    (key) => typeof key !== 'string',
  );
  const onRefused = (): void => {
    refused += 1;
  };
  return startWitness({ folder: witnessFolder(), log, key: witnessKey, port, onRefused });
}

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
    await copyFolder(anchor(), elsewhere);
    const key = path.join(world.dataDir, 'my-keys.txt');
    await copyFile(path.join(elsewhere, 'keys.txt'), key);
    const { code, out } = await cmkBot(['audit', 'verify', elsewhere, '--log-key', key], {});
    expect(code).toBe(0);
    expect(out).toMatch(/^verified: 2 events/);
    expect(out).toContain('A published log has no texts or seals');
    const stranger = keyLine(signingKey('bot.example/audit', 'log', Buffer.alloc(32, 7)).verifier);
    await writeFile(key, `${stranger}\n`);
    const other = await cmkBot(['audit', 'verify', elsewhere, '--log-key', key], {});
    expect(other).toMatchObject({ code: 2, out: '' });
    expect(other.err).toContain('checkpoint: no-known-signature');
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

  it('is published to its end when the bot ends, and goes on with the next start', async () => {
    await world.endBot('SIGINT');
    const [witness, keys] = await startedWitness();
    more = { CMK_CHECKPOINT_EVERY: '1h', CMK_WITNESSES: `${witness.url} ${keyLine(witnessKey.verifier)}` };
    await world.startBot(more);
    await ask(world, choices.test);
    expect(await published()).toBe(2);
    const { out: doctor } = await cli('doctor', '--only', 'record/witnesses', '--json');
    expect(DiagnosisReport.parse(JSON.parse(doctor)).findings.map(({ outcome, found }) => [outcome, found])).toEqual([
      ['ok', '1 of 1 witness signed the newest checkpoint; 1 is needed'],
      ['ok', expect.stringMatching(/^witnessed up to 2, /)],
    ]);
    await world.endBot('SIGINT');
    await witness.stop();
    more = {};
    expect(await published()).toBe(3);
    const { code, out } = await cli('audit', 'verify', '--anchor', anchor(), '--log-key', keys);
    expect(code).toBe(0);
    expect(out).toMatch(/^verified: 3 events/);
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

  it('says that enough witnesses signed, or too few, in Python as well', async () => {
    const keys = path.join(world.dataDir, 'keys-with-quorum.txt');
    const given = await readFile(path.join(world.dataDir, 'keys-of-both.txt'), 'utf8');
    await writeFile(keys, `${given}quorum 1\n`);
    const enough = verifyInPython(anchor(), '--keys', keys);
    expect(enough).toEqual([0, expect.stringContaining('witnessed by witness.example/w1'), '']);
    const second = keyLine(signingKey('witness.example/w2', 'witness', Buffer.alloc(32, 6)).verifier);
    await writeFile(keys, `${given}${second}\nquorum 2\n`);
    const few = verifyInPython(anchor(), '--keys', keys);
    expect(few).toEqual([2, expect.stringMatching(/^unknown: 3 events/), '']);
    expect(few[1]).toContain('too few witnesses signed it: 2 are needed');
  });
});

/** One whose end was cut off: test/long/record-attacks. */
describe('a record that is not the one that was published', () => {
  it('starts no bot where it was made anew with all its keys', async () => {
    more = { DATABASE_URL: await newDatabase() };
    await rename(anchor(), `${anchor()}-kept`);
    await world.startBot(more);
    await ask(world, choices.first);
    await ask(world, choices.test);
    await ask(world, choices.policies);
    await world.endBot('SIGINT');
    expect((await cli('audit', 'verify', '--anchor', anchor())).out).toMatch(/^incomplete: 3 events/);
    await rm(anchor(), { recursive: true });
    await rename(`${anchor()}-kept`, anchor());
    expect(await startFails()).toContain('published events differ from the audit log (record-differs)');
    expect((await cli('audit', 'verify', '--anchor', anchor())).out).toContain('(export-differs)');
    more = {};
  });

  it('starts no bot whose key is not the log’s', async () => {
    const file = path.join(world.dataDir, 'log.key');
    const key = await readFile(file);
    await writeFile(file, `${Buffer.alloc(32, 6).toString('base64')}\n`);
    expect(await startFails()).toContain('(not-this-log)');
    await writeFile(file, key);
  });
});

describe('a witness that knows another history', () => {
  let witness: RunningWitness;
  let witnessed: { CMK_WITNESSES: string };
  let asked: string;
  const remembers = (text: string): Promise<void> => writeFile(path.join(witnessFolder(), lastFile), text);
  const alarms = async (): Promise<number> =>
    (await world.teams.activities('19:audit@thread.tacv2', people.approver)).filter((one) =>
      /Witness .* signed a different version/.test(activityText(one)),
    ).length;
  const figure = async (name: string): Promise<string | undefined> =>
    (await sendRaw(world, '', { method: 'GET', path: '/metrics' })).body
      .split('\n')
      .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  const found = async (): Promise<readonly [string, string][]> => {
    const { out } = await cli('doctor', '--only', 'record/witnesses', '--json');
    return DiagnosisReport.parse(JSON.parse(out)).findings.map(({ outcome, found: words }) => [outcome, words]);
  };
  beforeAll(async () => {
    await remembers(checkpointText({ origin: logName, size: 99, root: Buffer.alloc(32, 9) }));
    witness = await startIt();
    witnessed = { CMK_WITNESSES: `${witness.url} ${keyLine(witnessKey.verifier)}` };
    more = witnessed;
    await world.startBot(witnessed);
    expect(await found()).toEqual([
      ['ok', expect.stringContaining('1 is needed')],
      ['ok', expect.stringMatching(/^witnessed up to 3, (just now|\d+ \w+ ago)$/)],
    ]);
    asked = await ask(world, choices.policies);
  });
  afterAll(() => witness.stop());

  it('is an alarm, told once in the audit channel, in figures and by the doctor', async () => {
    await until(async () => (await alarms()) === 1, 'people are told');
    expect(await figure('cmk_witness_contradicts')).toBe('cmk_witness_contradicts{witness="witness.example/w1"} 1');
    expect(await figure('cmk_witnesses_missing')).toBe('cmk_witnesses_missing 1');
    expect(await found()).toEqual([
      ['warn', '0 of 1 witness signed the newest checkpoint; 1 is needed: too few'],
      [
        'fail',
        expect.stringMatching(
          /signed a different version of the audit log, since .*: it has signed 99 events, and there are 4/,
        ),
      ],
    ]);
  });

  it('is remembered over a restart, not asked again, and people are not told twice', async () => {
    await world.restartBot('SIGINT', witnessed);
    const before = refused;
    await world.teams.click(people.approver, (await approvalCard(world, asked)).id, 'request.reject', {
      inputs: { comment: 'Not now' },
    });
    await shows(world, places.operations, people.requester, asked, /Rejected/);
    await until(async () => (await published()) === 5, 'the rejection is published');
    expect(await figure('cmk_witness_contradicts')).toBe('cmk_witness_contradicts{witness="witness.example/w1"} 1');
    expect([refused, await alarms()]).toEqual([before, 1]);
  });

  it('is asked again on an operator’s word', async () => {
    const port = Number(new URL(witness.url).port);
    await witness.stop();
    const [text = ''] = (await readFile(anchor('checkpoints', '3'), 'utf8')).split('\n\n');
    await remembers(`${text}\n`);
    witness = await startIt(port);
    expect(await cli('audit', 'ask-again', 'witness.example/w2')).toMatchObject({ code: 1 });
    expect(await cli('audit', 'ask-again', 'witness.example/w1', '--as', 'Operator')).toMatchObject({ code: 0 });
    await until(
      async () => (await figure('cmk_witnesses_missing')) === 'cmk_witnesses_missing 0',
      'the witness has signed',
    );
    expect(await found()).toEqual([
      ['ok', '1 of 1 witness signed the newest checkpoint; 1 is needed'],
      ['ok', expect.stringMatching(/^witnessed up to 5, (just now|\d+ \w+ ago)$/)],
    ]);
    const keys = path.join(world.dataDir, 'keys-of-both.txt');
    // The outcome is reported before the checkpoint is written.
    await until(async () => {
      const { out } = await cli('audit', 'verify', '--anchor', anchor(), '--log-key', keys);
      return /The newest checkpoint is witnessed by witness\.example\/w1/.test(out);
    }, 'the published checkpoint has the signature');
    const ofBoth = await readFile(keys, 'utf8');
    await writeFile(keys, `${ofBoth}quorum 1\n`);
    const enough = await cmkBot(['audit', 'verify', anchor(), '--log-key', keys], {});
    expect([enough.code, enough.out]).toEqual([0, expect.stringContaining('Enough witnesses signed it: 1 is needed.')]);
    const second = keyLine(signingKey('witness.example/w2', 'witness', Buffer.alloc(32, 6)).verifier);
    await writeFile(keys, `${ofBoth}${second}\nquorum 2\n`);
    const few = await cmkBot(['audit', 'verify', anchor(), '--log-key', keys], {});
    expect([few.code, few.out]).toEqual([3, expect.stringContaining('Too few witnesses signed it: 2 are needed.')]);
    await writeFile(keys, `${ofBoth}quorum 2\n`);
    expect((await cmkBot(['audit', 'verify', anchor(), '--log-key', keys], {})).err).toContain(
      'quorum 2 of 1 witnesses',
    );
  });
});
