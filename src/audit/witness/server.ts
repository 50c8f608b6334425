/** HTTP server of a witness (C2SP tlog-witness): `POST /add-checkpoint`. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytesUpTo } from '../../io/call-server.ts';
import type { SigningKey } from '../tlog/keys.ts';
import { cosignText } from '../tlog/note.ts';
import { type Judgement, judgeCheckpoint } from './add-checkpoint.ts';
import type { WitnessState } from './state.ts';

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

/** Signs one request at a time, so that two conflicting ones aren't judged by the same state. */
class Signer {
  readonly #options: WitnessOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  sign(body: string): Promise<{ readonly judgement: Judgement; readonly line: string }> {
    const signing = this.#turn.then(() => this.#signNow(body));
    this.#turn = signing.catch(() => undefined);
    return signing;
  }

  async #signNow(body: string) {
    const { state, key, now, check } = this.#options;
    await check?.();
    const judgement = judgeCheckpoint(body, (origin) => state.log(origin));
    if (judgement.verdict !== 'signs') return { judgement, line: '' };
    await state.keep(judgement.checkpoint.origin, judgement.text);
    return { judgement, line: cosignText(judgement.text, key, Math.floor(now().getTime() / 1000)) };
  }
}

async function serve(options: WitnessOptions, signer: Signer, request: IncomingMessage, response: ServerResponse) {
  if (request.url !== '/add-checkpoint') return answer(response, 404, 'not found\n');
  if (request.method !== 'POST') return answer(response, 405, 'POST a checkpoint\n');
  const body = (await bytesUpTo(request, maxRequestBytes))?.toString('utf8') ?? null;
  if (body === null) return answer(response, 413, 'too long\n');
  const { judgement, line } = await signer.sign(body);
  const { verdict } = judgement;
  if (verdict !== 'signs') options.onRefused(verdict, body.slice(body.indexOf('\n\n') + 2).split('\n')[0] ?? '');
  if (verdict === 'knows-another-size') {
    return answer(response, statusOf[verdict], `${judgement.size}\n`, 'text/x.tlog.size');
  }
  return answer(response, statusOf[verdict], verdict === 'signs' ? line : `${verdict}\n`);
}

/** Starts the server. */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const signer = new Signer(options);
  const server: Server = createServer((request, response) => {
    serve(options, signer, request, response).catch(() => {
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
