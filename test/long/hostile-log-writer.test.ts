import { execFileSync } from 'node:child_process';
import { cp, link, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../src/audit/anchor/anchor-folder.ts';
import { maxFileSize } from '../../src/audit/anchor/file-names.ts';
import { verifiedRead } from '../../src/audit/anchor/verified-read.ts';
import { provedFiles } from '../../src/audit/evidence/proved-files.ts';
import { keyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import { signText } from '../../src/audit/tlog/note.ts';
import { bodiesOf, logKey, logName, publisherOf, suiteFolders } from '../support/audit/published-log.ts';
import { chosenCases } from '../support/lives/chosen-cases.ts';

/**
 * Someone can write in the folder that the log is published in, and nowhere else. They get no file of the bot's, destroy none, and
 * have no key of theirs believed.
 */

const secretText = 'the-secret-of-the-bot\n';
const theirLogKey = signingKey(logName, 'log', Buffer.alloc(32, 66));

/** The log's, and what the next checkpoint writes. */
const files = [
  'checkpoint',
  'checkpoints/300',
  'tile/entries/000',
  'tile/entries/001.p/44',
  'tile/0/000',
  'tile/0/001.p/44',
  'tile/1/000.p/1',
  'keys.txt',
  'checkpoints/310',
  'tile/entries/001.p/54',
  'tile/0/001.p/54',
];
const directories = ['checkpoints', 'tile', 'tile/0', 'tile/1', 'tile/entries', 'tile/entries/001.p'];

/** What the attacker finds: the folder, and beside it files that they can't open themselves. */
interface Place {
  readonly at: string;
  readonly secret: string;
  readonly victim: string;
}

type Form = readonly [name: string, targets: readonly string[], put: (file: string, place: Place) => Promise<void>];

const replaced =
  (put: (file: string, place: Place) => Promise<unknown>) =>
  async (file: string, place: Place): Promise<void> => {
    await rm(file, { recursive: true, force: true });
    await mkdir(path.dirname(file), { recursive: true });
    await put(file, place);
  };

const forms: readonly Form[] = [
  ['a link to a secret', files, replaced((file, { secret }) => symlink(secret, file))],
  ['a hard link to a secret', files, replaced((file, { secret }) => link(secret, file))],
  ['a link to a file to be created', files, replaced((file, { victim }) => symlink(path.join(victim, 'made'), file))],
  ['a link to the environment of the process', files, replaced((file) => symlink('/proc/self/environ', file))],
  ['a pipe that nobody writes into', files, replaced(async (file) => execFileSync('mkfifo', [file]))],
  ['a directory', files, replaced((file) => mkdir(file))],
  ['a file of 4 GiB', files, replaced((file) => writeFile(file, '').then(() => truncate(file, 2 ** 32)))],
  ['an empty file', files, replaced((file) => writeFile(file, ''))],
  ['garbage', files, replaced((file) => writeFile(file, Buffer.alloc(5_000, 0xa7)))],
  [
    'a key of theirs above the others',
    ['keys.txt'],
    async (file) => writeFile(file, `${keyLine(theirLogKey.verifier)}\n${await readFile(file, 'utf8')}`),
  ],
  [
    'a signature of a key of theirs',
    ['checkpoint', 'checkpoints/300'],
    async (file) => {
      const note = await readFile(file, 'utf8');
      const text = note.slice(0, note.indexOf('\n\n') + 1);
      const line = signText(text, theirLogKey);
      await writeFile(file, `${note}${line}`);
      await writeFile(path.join(path.dirname(file), 'keys.txt'), `${keyLine(theirLogKey.verifier)}\n`);
    },
  ],
  ['a directory that is a link', directories, replaced((file, { victim }) => symlink(victim, file))],
  [
    'a directory that is a link to the bot’s own',
    directories,
    replaced((file, { secret }) => symlink(path.dirname(secret), file)),
  ],
  ['a pipe for a directory', directories, replaced(async (file) => execFileSync('mkfifo', [file]))],
  ['a file for a directory', directories, replaced((file) => writeFile(file, 'no directory'))],
];

const madeFolder = suiteFolders();
const placeIn = (root: string): Place => ({
  at: path.join(root, 'anchor'),
  secret: path.join(root, 'data', 'seal.key'),
  victim: path.join(root, 'victim'),
});
/** The log as the bot published it: another process of the bot goes on with what is in the database. */
const publisherIn = ({ at }: Place, events: number) => publisherOf(anchorFolder(at), bodiesOf(events));

let original: string;
beforeAll(async () => {
  original = await madeFolder();
  const place = placeIn(original);
  await Promise.all([path.dirname(place.secret), place.victim].map((folder) => mkdir(folder)));
  await writeFile(place.secret, secretText, { mode: 0o600 });
  await writeFile(path.join(place.victim, 'precious'), 'precious\n');
  await publisherIn(place, 300).publish();
});

/** A copy of the log with 300 events, and what the bot does with it. */
async function publishedPlace() {
  const root = await madeFolder();
  await cp(original, root, { recursive: true });
  const place = placeIn(root);
  const publish = (events: number) => publisherIn(place, events).publish();
  return { place, source: anchorFolder(place.at), publish };
}

/** All that the bot hands on of the log: the proved part of a pack, with events of every tile, and the keys. */
async function handedOut(
  { source }: Awaited<ReturnType<typeof publishedPlace>>,
  numbers: readonly number[],
): Promise<Buffer[]> {
  const signers = { origin: logName, log: [logKey.verifier], witnesses: [] };
  const { files: proved } = await provedFiles(verifiedRead(source.read, signers), numbers);
  return [...proved.values()];
}

async function attack([, , put]: Form, target: string): Promise<void> {
  const log = await publishedPlace();
  const { place, source, publish } = log;
  await put(path.join(place.at, target), place);
  // Everything that the bot does with the folder. Whether it can: test/unit/audit/published-log.
  const before = await handedOut(log, [1, 256, 257, 300]).catch(() => []);
  const isPublished = await publish(310).then(
    () => true,
    () => false,
  );
  const after = await handedOut(log, [1, 256, 257, 310]).catch(() => []);
  const seen = [...before, ...after];
  for (const name of files) {
    const bytes = await source.read(name).catch(() => null);
    expect([name, (bytes?.length ?? 0) <= maxFileSize(name) + 1]).toEqual([name, true]);
  }
  const keysFile = await source.read('keys.txt').catch(() => null);
  if (isPublished && keysFile !== null) seen.push(keysFile);
  // Nothing of the bot's was read out, and no key of theirs is handed on.
  const environment = process.env.PATH ?? 'no path';
  for (const bytes of seen) {
    for (const secret of [secretText.trim(), environment, keyLine(theirLogKey.verifier)])
      expect([target, bytes.includes(secret)]).toEqual([target, false]);
  }
  // Nothing outside was changed.
  expect(await readFile(place.secret, 'utf8')).toBe(secretText);
  expect(await readdir(path.dirname(place.secret))).toEqual(['seal.key']);
  expect(await readdir(place.victim)).toEqual(['precious']);
  expect(await readFile(path.join(place.victim, 'precious'), 'utf8')).toBe('precious\n');
}

describe('whoever can write in the folder of the published log, with', () => {
  test.each(forms)('%s, reads nothing of the bot’s, destroys nothing, and has no key believed', async (...form) => {
    const [, targets] = form;
    for (const target of chosenCases(targets)) await attack(form, target);
  });

  test('a link in place of the folder, once the bot has opened it, leads it nowhere else', async () => {
    const log = await publishedPlace();
    const { place, source } = log;
    expect((await handedOut(log, [1, 256, 257, 300])).length).toBeGreaterThan(0);
    await rm(place.at, { recursive: true });
    await symlink(place.victim, place.at);
    await expect(source.write('precious', Buffer.from('gone'))).rejects.toMatchObject({ name: 'NotAPlainFile' });
    expect(await readFile(path.join(place.victim, 'precious'), 'utf8')).toBe('precious\n');
  });
});
