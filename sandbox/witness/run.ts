/** Runs the stand-in for a witness as its own process: `run.ts FOLDER LOG_KEY…`. Prints `witness ADDRESS KEY` when it listens. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { keyLine, readKeyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import { ifMissing, replaceFile } from '../../src/io/files.ts';
import { startWitness } from './witness.ts';

const [folder = '', ...lines] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const file = `${folder}/witness.key`;
const kept = await readFile(file, 'utf8').catch(ifMissing(null));
const text = kept ?? randomBytes(32).toString('base64');
if (kept === null) await replaceFile(file, text, 0o600);
const key = signingKey('localhost/witness', 'witness', Buffer.from(text, 'base64'));
const log = lines.map(readKeyLine).filter((one) => typeof one !== 'string');
const onRefused = (why: string): void => console.error(`refused: ${why}`);
const witness = await startWitness({ folder, log, key, onRefused });
console.log(`witness ${witness.url} ${keyLine(key.verifier)}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void witness.stop().then(() => process.exit(0)));
