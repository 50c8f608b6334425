/** The sandbox's stand-in for a witness (C2SP tlog-witness): it signs a checkpoint that continues the last signed one. */
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { readCheckpoint } from '../src/audit/tlog/checkpoint.ts';
import type { SigningKey, VerifierKey } from '../src/audit/tlog/keys.ts';
import { emptyRoot, hashesIn, type Tree } from '../src/audit/tlog/merkle-tree.ts';
import { cosignText, openNote } from '../src/audit/tlog/note.ts';
import { provesConsistency } from '../src/audit/tlog/verify-proof.ts';
import { bytesUpTo } from '../src/io/call-server.ts';
import { ifMissing, replaceFile } from '../src/io/files.ts';
import { close } from './http.ts';

interface WitnessOptions {
  /** Holds the last signed checkpoint, in the file {@link lastFile}. */
  readonly folder: string;
  /** Keys of the log, which name it. */
  readonly log: readonly VerifierKey[];
  readonly key: SigningKey;
  readonly port?: number;
  readonly now?: () => Date;
  /** Called for each refused request. */
  readonly onRefused?: (why: string) => void;
}

export interface RunningWitness {
  readonly url: string;
  stop(): Promise<void>;
}

export const lastFile = 'last';

interface Answer {
  /** 409 names the size that it knows, or says that there are two histories; 422: the proof doesn't show a continuation. */
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly text: string;
  readonly isSize?: true;
}

/** Maximum number of proof lines that a tree can need. */
const maxProofLines = 63;
/** A proof has at most 63 lines of 45 characters; a note is much smaller than the rest. */
const maxRequestBytes = 16_384;

const malformed: Answer = { status: 400, text: 'not-an-ask\n' };

/** Returns the text to sign and its checkpoint, or the refusal. */
function judge(body: string, log: readonly VerifierKey[], last: Tree): Answer | { readonly text: string } {
  const end = body.indexOf('\n\n');
  const [, old, lines = ''] = /^old (0|[1-9]\d{0,15})\n(.*)$/s.exec(body.slice(0, end + 1)) ?? [];
  const proof = hashesIn(lines);
  const note = body.slice(end + 2);
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  const checkpoint = readCheckpoint(text);
  if (end < 0 || old === undefined || proof === null || proof.length > maxProofLines) return malformed;
  if (checkpoint === null || Number(old) > checkpoint.size) return malformed;
  if (checkpoint.origin !== log[0]?.name) return { status: 404, text: 'log-unknown\n' };
  if (typeof openNote(note, log) === 'string') return { status: 403, text: 'not-signed-by-the-log\n' };
  if (Number(old) !== last.size) return { status: 409, text: `${last.size}\n`, isSize: true };
  if (checkpoint.size === last.size && last.size > 0 && !checkpoint.root.equals(last.root))
    return { status: 409, text: 'two-histories\n' };
  return provesConsistency(last, checkpoint, proof) ? { text } : { status: 422, text: 'not-consistent\n' };
}

/** Starts it on this machine. */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const { folder, log, key, port = 0, now = () => new Date(), onRefused = () => undefined } = options;
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, lastFile);

  async function answer(body: string): Promise<Answer> {
    const kept = await readFile(file, 'utf8').catch(ifMissing(null));
    const last = kept === null ? { size: 0, root: emptyRoot } : readCheckpoint(kept);
    if (last === null) throw new Error(`${file} is no checkpoint`);
    const judged = judge(body, log, last);
    if ('status' in judged) {
      onRefused(judged.text.trim());
      return judged;
    }
    // Stored before it's signed: a witness without it could sign another history.
    await replaceFile(file, judged.text, 0o644);
    return { status: 200, text: cosignText(judged.text, key, Math.floor(now().getTime() / 1000)) };
  }
  // One at a time, so that two conflicting requests aren't judged by the same state.
  let turn: Promise<unknown> = Promise.resolve();
  const server = createServer((request, response) => {
    const end = (status: number, text: string, type = 'text/plain; charset=utf-8'): void =>
      void response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    const serve = async (): Promise<void> => {
      if (request.url !== '/add-checkpoint') return end(404, 'not found\n');
      const body = (await bytesUpTo(request, maxRequestBytes))?.toString('utf8') ?? null;
      if (body === null) return end(413, 'too long\n');
      const answering = turn.then(() => answer(body));
      turn = answering.catch(() => undefined);
      const { status, text, isSize } = await answering;
      end(status, text, isSize ? 'text/x.tlog.size' : undefined);
    };
    serve().catch(() => end(500, 'this witness can’t keep what it signs\n'));
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => close(server),
  };
}
