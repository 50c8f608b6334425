/**
 * Chain monitor: remembers how far this process has read the audit log and which events it has verified. Seals don't reveal
 * a database that was rolled back, because every old row is valid on its own. A process that read the newer rows detects it.
 */

import type { ChainLine, Link, Sealed } from '../domain/record/chain.ts';
import type { RowFault } from '../domain/record/faults.ts';
import type { CheckLine, SoundLine } from '../domain/record/seals.ts';
import { type ChainHead, headAndLinesAfter, linesAfter, readHead } from './chain-rows.ts';
import { openRequestIndex, type RequestSummary } from './request-index.ts';
import type { Sql } from './sql.ts';

const pageSize = 500;
const genesis: ChainHead = { seq: 0, hash: '0'.repeat(64), time: null };

/** A row of the audit log isn't what the bot wrote. Thrown after `onBroken`, which ends the process. */
export class RecordBroken extends Error {
  override readonly name = 'RecordBroken';
  readonly seq: number | null;
  readonly request: string | null;
  readonly fault: RowFault;
  readonly detail: string;

  constructor(at: { readonly seq?: number; readonly request?: string }, fault: RowFault, detail: string) {
    const where = [at.seq === undefined ? null : `event ${at.seq}`, at.request ?? null].filter((part) => part !== null);
    super(`${where.join(' of ') || 'the audit log'}: ${fault}: ${detail}`);
    this.seq = at.seq ?? null;
    this.request = at.request ?? null;
    this.fault = fault;
    this.detail = detail;
  }
}

/** Returns what was known of a request when a statement was sent. The statement's result must contain at least that. */
export type KnownAtSend = (request: string) => Pick<RequestSummary, 'revision' | 'hash'> | undefined;

export interface ChainMonitorOptions {
  readonly check: CheckLine;
  /** `known`: the last event that this process has verified. */
  readonly onBroken: (broken: RecordBroken, known: ChainHead) => void;
}

export class ChainMonitor {
  readonly index = openRequestIndex();
  readonly #check: CheckLine;
  readonly #onBroken: ChainMonitorOptions['onBroken'];
  /** Seal keys with the event from which each is active, oldest first. */
  readonly #keys: { readonly from: number; readonly key: string }[] = [];
  readonly #inFlight = openInFlightReads();
  #last: ChainHead = genesis;

  constructor({ check, onBroken }: ChainMonitorOptions) {
    this.#check = check;
    this.#onBroken = onBroken;
  }

  get last(): ChainHead {
    return this.#last;
  }

  broken(at: { readonly seq?: number; readonly request?: string }, fault: RowFault, detail: string): never {
    const error = new RecordBroken(at, fault, detail);
    this.#onBroken(error, this.#last);
    throw error;
  }

  /** Verifies a row's hash and seal, and that its seal key was active at its position. */
  sound(line: ChainLine): SoundLine {
    const checked = this.#check(line);
    if (checked.fault !== null) return this.broken(line, checked.fault, checked.detail);
    const { sealKey } = checked;
    const inForce = this.#keys.findLast(({ from }) => from <= line.seq)?.key ?? null;
    if (sealKey === inForce) return checked;
    const isNew = line.seq > this.#last.seq && this.#keys.every(({ key }) => key !== sealKey);
    if (isNew) return checked;
    return this.broken(line, 'seal-key-retired', `seal: of key ${sealKey}, where the chain had ${inForce ?? 'none'}`);
  }

  /**
   * Reads and verifies rows up to the end of the chain; the first time, all of them. `locked`: the head, if the caller has
   * locked it; then the chain must end there. Without it, other replicas can continue to write.
   */
  async catchUp(sql: Sql, locked?: ChainHead): Promise<void> {
    const { head: read, lines } = await headAndLinesAfter(sql, this.#behind(), pageSize);
    const before = locked ?? read;
    for (const line of lines) this.#take(line);
    for (let page = lines; page.length === pageSize; ) {
      page = await linesAfter(sql, this.#behind(), pageSize);
      for (const line of page) this.#take(line);
    }
    // The head from the same statement is valid, unless there were more rows or another reader has advanced in the meantime.
    const isOneMoment = lines.length < pageSize && this.#last.seq <= before.seq;
    const asSent = this.#last;
    this.#mustEnd(before, locked ?? (isOneMoment ? before : await readHead(sql)), asSent);
  }

  /** Applies the rows after {@link last}, read with the head locked. They must end there. */
  follow(lines: readonly ChainLine[], head: ChainHead): void {
    for (const line of lines) this.#take(line);
    this.#mustEnd(head, head, this.#last);
  }

  /** Applies a row that this process has sealed and committed. */
  wrote(line: ChainLine & Pick<Sealed, 'sealKey'>, body: SoundLine['body']): void {
    this.#take(line, { fault: null, body, sealKey: line.sealKey });
  }

  /** Runs `read`, which must send its statement at once, with what is known at that moment. */
  whileReading<T>(read: (known: KnownAtSend) => Promise<T>): Promise<T> {
    return this.#inFlight.run(this.index.get, read);
  }

  /** Verifies that a request's events, read in one statement, are contiguous and include all known ones. */
  checkRequest(request: string, lines: readonly ChainLine[], knownAtSend: KnownAtSend): void {
    for (const [index, line] of lines.entries()) {
      if (line.revision === index + 1) continue;
      this.broken(line, 'revision-differs', `revision: expected ${index + 1}, found ${line.revision}`);
    }
    const known = knownAtSend(request);
    if (known === undefined) return;
    const last = lines[known.revision - 1];
    if (last?.hash === known.hash) return;
    const found = last === undefined ? `${lines.length} events` : `another one, ${last.hash}`;
    const detail = `event ${known.revision} of the request: expected ${known.hash}, found ${found}`;
    this.broken({ request, ...(last === undefined ? {} : { seq: last.seq }) }, 'revision-differs', detail);
  }

  assertActiveSealKey(key: string): void {
    if (this.#keys.at(-1)?.key === key || this.#keys.every((change) => change.key !== key)) return;
    const detail = `seal: this process seals with key ${key}, which the chain has replaced by ${this.#keys.at(-1)?.key}`;
    this.broken({}, 'seal-key-retired', detail);
  }

  /** Null if nothing was read yet, so that a row before the first is also found. */
  #behind(): number | null {
    return this.#last.seq === 0 ? null : this.#last.seq;
  }

  /**
   * Verifies the chain's end. `before` and `head`: the head before and after reading the rows. Last argument: the last known
   * event when `head` was requested.
   */
  #mustEnd(before: ChainHead, head: ChainHead, { seq, hash }: Link): void {
    if (seq < before.seq || seq > head.seq) {
      this.broken({ seq }, 'head-differs', `last seq: expected ${head.seq}, found ${seq}`);
    }
    if (seq === head.seq && hash !== head.hash) {
      this.broken({ seq }, 'head-differs', `last hash: expected ${head.hash}, found ${hash}`);
    }
  }

  /** Applies the next row. `own`: this process wrote the row, so it needs no verification. */
  #take(line: ChainLine, own?: SoundLine): void {
    // Another reader in this process was first.
    if (line.seq <= this.#last.seq && this.#last.seq !== 0) return;
    if (line.seq !== this.#last.seq + 1) {
      this.broken(line, 'not-contiguous', `seq: expected ${this.#last.seq + 1}, found ${line.seq}`);
    }
    if (line.prev !== this.#last.hash) {
      this.broken(line, 'prev-differs', `prev: expected ${this.#last.hash}, found ${line.prev}`);
    }
    const { body, sealKey } = own ?? this.sound(line);
    const known = this.index.get(line.request);
    const revision = (known?.revision ?? 0) + 1;
    if (line.revision !== revision) {
      this.broken(line, 'revision-differs', `revision: expected ${revision}, found ${line.revision}`);
    }
    if (this.#keys.at(-1)?.key !== sealKey) this.#keys.push({ from: line.seq, key: sealKey });
    this.#inFlight.changes(line.request, known);
    this.index.apply(line, body);
    this.#last = { seq: line.seq, hash: line.hash, time: String(body.time) };
  }
}

type Known = RequestSummary | undefined;

/**
 * Statements in flight. Their results needn't contain what this process learns in the meantime over other connections. So
 * each one has a snapshot of what was known when it was sent.
 */
function openInFlightReads() {
  const reads = new Set<Map<string, Known>>();
  return {
    /** Must be called before the known state of a request changes. */
    changes(request: string, known: Known): void {
      for (const before of reads) if (!before.has(request)) before.set(request, known);
    },
    async run<T>(
      now: (request: string) => Known,
      read: (atSend: (request: string) => Known) => Promise<T>,
    ): Promise<T> {
      const before = new Map<string, Known>();
      reads.add(before);
      try {
        return await read((request) => (before.has(request) ? before.get(request) : now(request)));
      } finally {
        reads.delete(before);
      }
    },
  };
}
