import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lastFile, startWitness } from '../../sandbox/witness.ts';
import { signingKey } from '../../src/audit/tlog/keys.ts';
import { checkpointText } from '../../src/audit/tlog/note.ts';
import { missingForDebianWitness, startDebianWitness } from '../support/audit/debian-witness.ts';
import { logKey, logName, newFolder } from '../support/audit/published-log.ts';
import { refusedAsks, tree } from '../support/audit/witness-asks.ts';
import { table } from '../support/docs/table.ts';

/**
 * The witness that Debian packs, which nobody of this project wrote, and ours refuse the same asks. Debian's cannot keep what it
 * signs, so what it accepts is not tried here.
 */

const missing = await missingForDebianWitness();
if (missing.length > 0)
  process.stdout.write(`Debian's witness was not asked, because not here: ${missing.join(', ')}\n`);
const where = missing.length === 0 ? describe : describe.skip;

where('a log that is rewritten, shrunk or stale', () => {
  const stops: (() => Promise<unknown>)[] = [];
  const urls: string[] = [];
  beforeAll(async () => {
    const folders = [await newFolder(), await newFolder()];
    const [at = '', debianAt = ''] = folders;
    await writeFile(path.join(at, lastFile), checkpointText({ origin: logName, ...tree.at(700) }));
    const key = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 2));
    const ours = await startWitness({ folder: at, log: [logKey.verifier], key });
    const debian = await startDebianWitness(debianAt, logKey.verifier, tree.at(700));
    urls.push(ours.url, debian.url);
    stops.push(ours.stop, debian.stop, ...folders.map((folder) => () => rm(folder, { recursive: true })));
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  test('gets the same refusals from both, but for two statuses in which Debian’s leaves the protocol', async () => {
    const rows: string[][] = [];
    for (const { what, asked, status, debian = status } of refusedAsks) {
      const body = await asked();
      const answers = await Promise.all(
        urls.map(async (url) => {
          const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
          const isSize = response.headers.get('content-type') === 'text/x.tlog.size';
          return [response.status, isSize ? await response.text() : null] as const;
        }),
      );
      const size = status === 409 && debian === 409 ? '700\n' : null;
      expect([what, ...answers]).toEqual([what, [status, size], [debian, size]]);
      rows.push([what, ...answers.map(([code]) => String(code))]);
    }
    process.stdout.write(`${table('Refusals of witnesses', ['ask', 'ours', 'Debian’s'], rows)}\n`);
  });
});
