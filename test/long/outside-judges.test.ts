import { rm } from 'node:fs/promises';
import { missingForDebianWitness, startDebianWitness } from '../support/audit/debian-witness.ts';
import { misjudged } from '../support/audit/forged-logs.ts';
import { goJudge } from '../support/audit/outside-judges.ts';
import { logKey, newFolder } from '../support/audit/published-log.ts';
import { refusedAsks, tree } from '../support/audit/witness-asks.ts';

/** Programs that nobody of this project wrote: Go's x/mod/sumdb judges published logs, and Debian's litewitness checkpoints. */

const go = await goJudge();
if (go === null) process.stderr.write('not here, and not asked: Go, or its x/mod/sumdb\n');

(go === null ? test.skip : test)(
  'every change of a log is found, but for those that only a witness or a copy shows',
  async () => {
    expect(go === null ? null : await misjudged(go)).toEqual([]);
  },
);

const missing = await missingForDebianWitness();
if (missing.length > 0) process.stderr.write(`not here, so litewitness was not asked: ${missing.join(', ')}\n`);

/** Debian's can't keep what it signs, so nothing is accepted here. */
(missing.length === 0 ? test : test.skip)('Debian’s litewitness refuses what the protocol refuses', async () => {
  const folder = await newFolder();
  const witness = await startDebianWitness(folder, logKey.verifier, tree.at(700));
  try {
    for (const [what, asked, status] of refusedAsks) {
      const body = await asked();
      const response = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body });
      const isSize = response.headers.get('content-type') === 'text/x.tlog.size';
      const size = isSize ? await response.text() : null;
      expect([what, response.status, size]).toEqual([what, status, status === 409 ? '700\n' : null]);
    }
  } finally {
    await witness.stop();
    await rm(folder, { recursive: true });
  }
});
