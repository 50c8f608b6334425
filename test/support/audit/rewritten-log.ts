/** A log as its owner would have liked it: events changed, every hash made anew, signed with the log's own key. */
import { rm } from 'node:fs/promises';
import { anchorFolder } from '../../../src/audit/anchor/files.ts';
import { makePack, type PackFiles, provedFiles } from '../../../src/audit/evidence/make-pack.ts';
import { keyLine, type SigningKey } from '../../../src/audit/tlog/keys.ts';
import { hashOf } from '../../../src/audit/verify.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { newFolder, publisherOf } from './published-log.ts';

// biome-ignore lint/suspicious/noExplicitAny: whatever an event holds is changed here
export type Body = any;

/** The pack of a request whose events were changed; `change` leaves out those for which it answers null, and may put in more. */
export async function packOfRewritten(
  bodies: readonly string[],
  request: string,
  key: SigningKey,
  change: (body: Body) => Body | null,
): Promise<PackFiles> {
  const record: string[] = [];
  const numbers: number[] = [];
  let prev = '0'.repeat(64);
  let revision = 0;
  for (const body of bodies) {
    const parsed: Body = JSON.parse(body);
    const isOurs = parsed.request === request;
    for (const changed of isOurs ? [change(parsed)].flat().filter((one) => one !== null) : [parsed]) {
      const seq = record.length + 1;
      if (isOurs) numbers.push(seq);
      if (isOurs) revision += 1;
      const line = canonicalJson({ ...changed, seq, prev, revision: isOurs ? revision : changed.revision });
      record.push(line);
      prev = hashOf(line);
    }
  }
  const folder = await newFolder();
  try {
    const files = anchorFolder(folder);
    await publisherOf(files, record, key).publish();
    const proved = await provedFiles(files.read, numbers);
    const rules = { digest: '', text: '' };
    return makePack({ proved, names: new Map(), texts: null, rules, keys: `${keyLine(key.verifier)}\n` });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
