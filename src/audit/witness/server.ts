/** A witness (C2SP tlog-witness): signs a checkpoint that continues the last signed one. `POST /add-checkpoint` over HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytesUpTo } from '../../io/call-server.ts';
import type { SigningKey } from '../tlog/keys.ts';
import { type Hash, hashesIn, hashLines, provesConsistency } from '../tlog/merkle-tree.ts';
import { type Checkpoint, cosignText, openNote, readCheckpoint } from '../tlog/note.ts';
import type { KnownLog, WitnessState } from './state.ts';

/** Maximum number of proof lines that a tree can need. */
const maxProofLines = 63;

interface CosignRequest {
  /** The size that the witness is assumed to know. */
  readonly old: number;
  /** Consistency proof from that size to the checkpoint. */
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly note: string;
}

export const cosignRequestText = ({ old, proof, note }: CosignRequest): string =>
  `old ${old}\n${hashLines(proof)}\n${note}`;

/** Parses a request; null: invalid. */
function readCosignRequest(text: string): CosignRequest | null {
  const end = text.indexOf('\n\n');
  const [, old, lines = ''] = /^old (0|[1-9]\d*)\n(.*)$/s.exec(text.slice(0, end + 1)) ?? [];
  const proof = hashesIn(lines);
  if (end < 0 || old === undefined || !Number.isSafeInteger(Number(old))) return null;
  return proof === null || proof.length > maxProofLines ? null : { old: Number(old), proof, note: text.slice(end + 2) };
}

// Rules of a witness (C2SP tlog-witness). It signs a checkpoint of a known log if that continues the last signed one, and never
// two that conflict. A log whose history was changed gets no more signatures.

type Judgement =
  /** Can be signed after it's stored. */
  | { readonly verdict: 'signs'; readonly checkpoint: Checkpoint; readonly text: string }
  | { readonly verdict: Refused }
  /** The witness knows another size; a request from there might succeed. */
  | { readonly verdict: 'knows-another-size'; readonly size: number };

type Refused =
  /** Malformed request or checkpoint, or an old size larger than the checkpoint. */
  | 'not-an-ask'
  | 'log-unknown'
  | 'not-signed-by-the-log'
  /** Same size, other root: two histories. */
  | 'two-histories'
  /** The proof doesn't show that the log continues the last checkpoint. */
  | 'not-consistent';

/** Judges a request. `logs`: finds a log by name. */
function judgeCheckpoint(body: string, logs: (origin: string) => KnownLog | null): Judgement {
  const request = readCosignRequest(body);
  if (request === null) return { verdict: 'not-an-ask' };
  const text = request.note.slice(0, request.note.lastIndexOf('\n\n') + 1);
  const checkpoint = readCheckpoint(text);
  if (checkpoint === null || request.old > checkpoint.size) return { verdict: 'not-an-ask' };
  const log = logs(checkpoint.origin);
  if (log === null) return { verdict: 'log-unknown' };
  const opened = openNote(request.note, log.keys);
  if (typeof opened === 'string') return { verdict: 'not-signed-by-the-log' };
  const { last } = log;
  if (request.old !== last.size) return { verdict: 'knows-another-size', size: last.size };
  if (checkpoint.size === last.size && !checkpoint.root.equals(last.root) && last.size > 0)
    return { verdict: 'two-histories' };
  if (!provesConsistency(last, checkpoint, request.proof)) return { verdict: 'not-consistent' };
  return { verdict: 'signs', checkpoint, text };
}

interface WitnessOptions {
  readonly state: WitnessState;
  /** Called before each signature. Throws if another process owns the state now. */
  readonly check?: () => Promise<void>;
  readonly key: SigningKey;
  readonly now: () => Date;
  readonly port: number;
  /** Address of this machine to listen on. */
  readonly listen: string;
  /** Called for each refused request. */
  readonly onRefused: (verdict: Judgement['verdict'], origin: string) => void;
}

/** Maximum request size. A proof has at most 63 lines of 45 characters; a note is much smaller than the rest. */
const maxRequestBytes = 16_384;

/** Status codes of the protocol: 409 names the size, 422 means inconsistent histories. */
const statusOf = {
  'not-an-ask': 400,
  'log-unknown': 404,
  'not-signed-by-the-log': 403,
  'knows-another-size': 409,
  'two-histories': 409,
  'not-consistent': 422,
  signs: 200,
} as const satisfies Record<Judgement['verdict'], number>;

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}

export interface RunningWitness {
  readonly url: string;
  stop(): Promise<void>;
}

/** Returns a function that signs one request at a time, so that two conflicting ones aren't judged by the same state. */
function signerFor({ state, key, now, check }: WitnessOptions) {
  const sign = async (body: string) => {
    await check?.();
    const judgement = judgeCheckpoint(body, (origin) => state.log(origin));
    if (judgement.verdict !== 'signs') return { judgement, line: '' };
    await state.keep(judgement.checkpoint.origin, judgement.text);
    return { judgement, line: cosignText(judgement.text, key, Math.floor(now().getTime() / 1000)) };
  };
  let turn: Promise<unknown> = Promise.resolve();
  return (body: string) => {
    const signing = turn.then(() => sign(body));
    turn = signing.catch(() => undefined);
    return signing;
  };
}

async function serve(
  { onRefused }: WitnessOptions,
  sign: ReturnType<typeof signerFor>,
  request: IncomingMessage,
  response: ServerResponse,
) {
  if (request.url !== '/add-checkpoint') return answer(response, 404, 'not found\n');
  if (request.method !== 'POST') return answer(response, 405, 'POST a checkpoint\n');
  const body = (await bytesUpTo(request, maxRequestBytes))?.toString('utf8') ?? null;
  if (body === null) return answer(response, 413, 'too long\n');
  const { judgement, line } = await sign(body);
  const { verdict } = judgement;
  if (verdict !== 'signs') onRefused(verdict, body.slice(body.indexOf('\n\n') + 2).split('\n')[0] ?? '');
  if (verdict === 'knows-another-size') {
    return answer(response, statusOf[verdict], `${judgement.size}\n`, 'text/x.tlog.size');
  }
  return answer(response, statusOf[verdict], verdict === 'signs' ? line : `${verdict}\n`);
}

export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const sign = signerFor(options);
  const server: Server = createServer((request, response) => {
    serve(options, sign, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else answer(response, 500, 'this witness cannot keep what it signs\n');
    });
  });
  server.requestTimeout = 10_000;
  await once(server.listen(options.port, options.listen), 'listening');
  const { port } = server.address() as AddressInfo;
  const host = options.listen.includes(':') ? `[${options.listen}]` : options.listen;
  return {
    url: `http://${host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
