/**
 * What this process has read of the chain and found sound, up to where. Whoever holds the database can put an older state of
 * it in place of a newer one, every row of it sound by itself: a process that saw the newer one is not taken in.
 */
import type { OpenWanted } from '../domain/ports/store.ts';
import type { ChainLine, Link } from '../domain/record/chain.ts';
import type { RowFault } from '../domain/record/faults.ts';
import type { CheckLine, SoundLine } from '../domain/record/seals.ts';
import { type OpenState, type Waits, waits, waitsIn } from '../domain/request/waits.ts';
import { type ChainHead, readHead } from './chain-head.ts';
import { KeptRequests } from './kept-requests.ts';
import { type KnownRequest, knownAfter } from './known-request.ts';
import { headAndLinesAfter, linesAfter } from './line-rows.ts';
import { RecordBroken } from './record-broken.ts';
import type { Sql } from './sql.ts';
import { UnderWay } from './under-way.ts';

const pageSize = 500;
const genesis: ChainHead = { seq: 0, hash: '0'.repeat(64), time: null };

/** What was known of each request as a statement was sent: what it reads is at least that. */
export type KnownAsSent = (request: string) => Pick<KnownRequest, 'revision' | 'hash'> | undefined;

export interface KnownRecordOptions {
  readonly check: CheckLine;
  /** Told before anything is thrown: in the product it ends the process. */
  readonly onBroken: (broken: RecordBroken) => void;
}

export class KnownRecord {
  readonly #check: CheckLine;
  readonly #onBroken: KnownRecordOptions['onBroken'];
  readonly #requests = new Map<string, KnownRequest>();
  readonly #holders = new Map<string, string>();
  /** Every request there was for a resource, oldest first. */
  readonly #ofResource = new Map<string, string[]>();
  /** From which event on which key seals, oldest first. */
  readonly #keys: { readonly from: number; readonly key: string }[] = [];
  readonly #underWay = new UnderWay<KnownRequest>();
  /** Forgets a request with each of its events that is learnt. */
  readonly kept = new KeptRequests();
  #last: ChainHead = genesis;

  constructor({ check, onBroken }: KnownRecordOptions) {
    this.#check = check;
    this.#onBroken = onBroken;
  }

  /** Ends here: nothing is done with what is broken. */
  broken(at: { readonly seq?: number; readonly request?: string }, fault: RowFault, detail: string): never {
    const error = new RecordBroken(at, fault, detail);
    this.#onBroken(error);
    throw error;
  }

  /** A line that is sound by itself and sealed with a key that was good at its place. */
  sound(line: ChainLine): SoundLine {
    const checked = this.#check(line);
    if (checked.fault !== null) return this.broken(line, checked.fault, checked.detail);
    const { sealKey } = checked;
    const inForce = this.#keys.findLast(({ from }) => from <= line.seq)?.key ?? null;
    if (sealKey === inForce) return checked;
    if (sealKey === null) return this.broken(line, 'seal-missing', 'seal: written after there were seals, without one');
    const isNew = line.seq > this.#last.seq && this.#keys.every(({ key }) => key !== sealKey);
    if (isNew) return checked;
    return this.broken(line, 'seal-key-retired', `seal: of key ${sealKey}, where the chain had ${inForce ?? 'none'}`);
  }

  /**
   * Reads on to the end of the chain. With its head, locked, nothing may lie behind it; without, others may go on writing
   * meanwhile. The first time that is the whole record.
   */
  async catchUp(sql: Sql, locked?: ChainHead): Promise<void> {
    const { head: read, lines } = await headAndLinesAfter(sql, this.#behind(), pageSize);
    const before = locked ?? read;
    for (const line of lines) this.#take(line);
    for (let page = lines; page.length === pageSize; ) {
      page = await linesAfter(sql, this.#behind(), pageSize);
      for (const line of page) this.#take(line);
    }
    // Of one moment: what was read ends where the head was, unless there was more, or another reader has gone on meanwhile.
    const isOneMoment = lines.length < pageSize && this.#last.seq <= before.seq;
    const asSent = this.#last;
    this.#mustEnd(before, locked ?? (isOneMoment ? before : await readHead(sql)), asSent);
  }

  /** Null: nothing was read yet, so that a row in front of the first is seen too. */
  #behind(): number | null {
    return this.#last.seq === 0 ? null : this.#last.seq;
  }

  /** `before`: the head before it was read, `head`: after, and `last` what was known when that was asked for. */
  #mustEnd(before: ChainHead, head: ChainHead, { seq, hash }: Link): void {
    if (seq < before.seq || seq > head.seq) {
      this.broken({ seq }, 'head-differs', `last seq: expected ${head.seq}, found ${seq}`);
    }
    if (seq === head.seq && hash !== head.hash) {
      this.broken({ seq }, 'head-differs', `last hash: expected ${head.hash}, found ${hash}`);
    }
  }

  /** Up to where this process has read. */
  get last(): ChainHead {
    return this.#last;
  }

  /** Takes everything that lies behind {@link last}, read with the head locked: it has to end there. */
  follow(lines: readonly ChainLine[], head: ChainHead): void {
    for (const line of lines) this.#take(line);
    this.#mustEnd(head, head, this.#last);
  }

  /** A line that this process has sealed and stored behind {@link last}, with what its body holds. */
  wrote(line: ChainLine, body: SoundLine['body']): void {
    this.#take(line, { fault: null, body, sealKey: line.sealKey });
  }

  /** With the head locked nothing can be stored while a statement is under way: what is known now is what it has read. */
  readonly now = (request: string): KnownRequest | undefined => this.#requests.get(request);

  /** Sends what `read` sends, and holds for it what is known at this moment. */
  whileReading<T>(read: (asSent: KnownAsSent) => Promise<T>): Promise<T> {
    return this.#underWay.while(this.now, read);
  }

  /** What the request holds, in lower case, by the events up to where this process has read. */
  heldBy(request: string): string | null {
    return this.#requests.get(request)?.holds ?? null;
  }

  /** The events of one request, as they were read in one statement. */
  checkRequest(request: string, lines: readonly ChainLine[], asSent: KnownAsSent): void {
    for (const [index, line] of lines.entries()) {
      if (line.revision === index + 1) continue;
      this.broken(line, 'revision-differs', `revision: expected ${index + 1}, found ${line.revision}`);
    }
    const known = asSent(request);
    if (known === undefined) return;
    const last = lines[known.revision - 1];
    if (last?.hash === known.hash) return;
    const found = last === undefined ? `${lines.length} events` : `another one, ${last.hash}`;
    const detail = `event ${known.revision} of the request: expected ${known.hash}, found ${found}`;
    this.broken({ request, ...(last === undefined ? {} : { seq: last.seq }) }, 'revision-differs', detail);
  }

  /** Nothing is sealed with a key that the chain has changed away from: every process would take it for forged. */
  mustSealWith(key: string | null): void {
    if (this.#keys.at(-1)?.key === key || this.#keys.every((change) => change.key !== key)) return;
    const detail = `seal: this process seals with key ${key}, which the chain has given up for ${this.#keys.at(-1)?.key}`;
    this.broken({}, 'seal-key-retired', detail);
  }

  /** The open request that holds the resource, in lower case, by the events up to where this process has read. */
  holderOf(resource: string): string | null {
    return this.#holders.get(resource) ?? null;
  }

  /** The open request whose form stood in that message. */
  openFrom(message: string): string | null {
    return [...this.#holders.values()].find((id) => this.#requests.get(id)?.message === message) ?? null;
  }

  /** Those that have not ended and are wanted: who waits for people first, among them the newest. */
  open({ requester, waits: only, named }: OpenWanted = {}): readonly string[] {
    const part = named?.toLowerCase() ?? '';
    const newestFirst = [...this.#holders]
      .filter(([resource, id]) => {
        const isNamed = resource.slice(resource.lastIndexOf('/') + 1).includes(part) || id.toLowerCase().includes(part);
        return isNamed && (requester === undefined || this.#requests.get(id)?.requester === requester);
      })
      .map(([, id]) => id)
      .reverse();
    return waits
      .filter((one) => only === undefined || one === only)
      .flatMap((one) => newestFirst.filter((id) => this.waitsOf(id) === one));
  }

  /** Every request there was for the resource, in lower case, newest first. */
  requestsFor(resource: string): readonly string[] {
    return [...(this.#ofResource.get(resource) ?? [])].reverse();
  }

  waitsOf(request: string): Waits {
    const state = this.#requests.get(request)?.state;
    return state === undefined ? 'nobody' : waitsIn[state];
  }

  /** How many have not ended, by state. */
  countOpen(): Readonly<Record<OpenState, number>> {
    const counts = { 'awaiting-approval': 0, approved: 0, running: 0, 'needs-attention': 0 };
    for (const request of this.#holders.values()) {
      const state = this.#requests.get(request)?.state;
      if (state !== undefined) counts[state] += 1;
    }
    return counts;
  }

  /** All that are held, with their holders. */
  get holders(): ReadonlyMap<string, string> {
    return this.#holders;
  }

  /** `sealed`: it was made by this process itself. */
  #take(line: ChainLine, sealed?: SoundLine): void {
    // Another reader of this process was here first.
    if (line.seq <= this.#last.seq && this.#last.seq !== 0) return;
    if (line.seq !== this.#last.seq + 1) {
      this.broken(line, 'not-contiguous', `seq: expected ${this.#last.seq + 1}, found ${line.seq}`);
    }
    if (line.prev !== this.#last.hash) {
      this.broken(line, 'prev-differs', `prev: expected ${this.#last.hash}, found ${line.prev}`);
    }
    const { body, sealKey } = sealed ?? this.sound(line);
    const known = this.#requests.get(line.request);
    const revision = (known?.revision ?? 0) + 1;
    if (line.revision !== revision) {
      this.broken(line, 'revision-differs', `revision: expected ${revision}, found ${line.revision}`);
    }
    if (sealKey !== null && this.#keys.at(-1)?.key !== sealKey) this.#keys.push({ from: line.seq, key: sealKey });
    this.#remember(line, body, known);
    this.#last = { seq: line.seq, hash: line.hash, time: String(body.time) };
  }

  #file(resource: string, request: string): void {
    const filed = this.#ofResource.get(resource);
    if (filed === undefined) this.#ofResource.set(resource, [request]);
    else filed.push(request);
  }

  #remember(line: ChainLine, body: SoundLine['body'], before: KnownRequest | undefined): void {
    const { request } = line;
    const known = knownAfter(line, body, before);
    this.#underWay.changes(request, before);
    this.kept.forget(request);
    this.#requests.set(request, known);
    if (before === undefined && known.holds !== null) this.#file(known.holds, request);
    // A map keeps the order in which its keys came: that of submission.
    if (known.holds !== null) this.#holders.set(known.holds, request);
    else if (before?.holds && this.#holders.get(before.holds) === request) this.#holders.delete(before.holds);
  }
}
