/**
 * Storing in one statement, where this process knows the end of the chain: it decides on what it knows, and the statement takes
 * effect only where that is still the end. Whoever finds that it is not, or has to be told no, asks again with the head locked.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Appended } from '../domain/ports/store.ts';
import { fold } from '../domain/request/evolve.ts';
import { type AppendTools, appended, mustSeal } from './append.ts';
import type { ChainHead } from './chain-head.ts';
import { type Asked, type Before, type Draft, draft, headAfter, nowKnown } from './draft.ts';
import { eventsOf } from './event-rows.ts';
import { isNotStoring } from './not-storing.ts';
import { writeDrafts } from './write-drafts.ts';

/**
 * `moved`: something is not as this process knows it, most likely since another one has stored something. `locked`: only with
 * the head locked it can be said what becomes of it. Either way nothing was stored.
 */
type Outcome = Appended | 'moved' | 'locked';

interface Waiting {
  readonly asked: Asked;
  readonly late: NodeJS.Timeout;
  tell(outcome: Outcome): void;
  fail(error: unknown): void;
}

interface Drafted {
  readonly waiting: Waiting;
  readonly made: Draft;
}

/** So many of those that wait are stored at once. */
const mostAtOnce = 16;
/** Where a connection hangs, nobody waits behind it for longer. */
const longestWaitMs = 2_000;

/** An answer of the server itself, which has stored nothing then; not of one that is going away. */
const Refused = z.object({ code: z.string().regex(/^[0-9A-Z]{5}$/) });
const isRefused = (error: unknown): boolean => Refused.safeParse(error).success && !isNotStoring(error);

export class AtKnownHead {
  readonly #pool: Pool;
  readonly #tools: AppendTools;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(pool: Pool, tools: AppendTools) {
    this.#pool = pool;
    this.#tools = tools;
  }

  /** Null: it is to be asked with the head locked, and nothing was stored. Throws what `decide` does, or a database that is away. */
  async append(asked: Asked): Promise<Appended | null> {
    const { known } = this.#tools;
    if (known.last.seq === 0) return null;
    const first = await this.#once(asked);
    if (first !== 'moved') return first === 'locked' ? null : first;
    await known.catchUp(this.#pool);
    const second = await this.#once(asked);
    return typeof second === 'string' ? null : second;
  }

  async #once(asked: Asked): Promise<Outcome> {
    if (this.#beforeOf(asked) === null) await eventsOf(this.#pool, this.#tools, asked.id);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve('locked');
      }, longestWaitMs);
      const waiting: Waiting = { asked, late, tell: resolve, fail: reject };
      this.#waiting.push(waiting);
      void this.#work();
    });
  }

  /** What there is of the request up to the end that is known; null: it has to be read. */
  #beforeOf({ id }: Asked): Before | null {
    const { known } = this.#tools;
    const place = known.now(id);
    if (place === undefined) return { events: [], request: null };
    const kept = known.kept.upTo(id, place.hash);
    return kept === undefined ? null : { events: kept.events, request: kept.request ?? fold(id, kept.events) };
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#waiting.length > 0) await this.#round();
    this.#busy = false;
  }

  /** Stores what waits, each behind the one before, in one statement. Never throws: whoever waits is told. */
  async #round(): Promise<void> {
    const { known, clock } = this.#tools;
    const head = known.last;
    const assumed = await clock.assume(head.time).catch(() => null);
    if (known.last !== head) return;
    const round = assumed === null ? [] : this.#draftAll(head, assumed.now);
    if (assumed === null) for (const waiting of this.#takeAll()) waiting.tell('locked');
    if (round.length === 0) return;
    const drafts = round.map(({ made }) => made);
    try {
      const stored = await writeDrafts(this.#pool, head, drafts, assumed?.between ?? null);
      if (stored) for (const made of drafts) nowKnown(known, made);
      for (const { waiting, made } of round) waiting.tell(stored ? appended(made) : 'moved');
    } catch (error) {
      for (const { waiting } of round) isRefused(error) ? waiting.tell('locked') : waiting.fail(error);
    }
  }

  #takeAll(): readonly Waiting[] {
    const all = this.#waiting;
    this.#waiting = [];
    for (const { late } of all) clearTimeout(late);
    return all;
  }

  /** Of those that are about one request or one resource, only the first: the next would have to know what comes of it. */
  #draftAll(head: ChainHead, time: Date): readonly Drafted[] {
    const round: Drafted[] = [];
    const later: Waiting[] = [];
    const touched = new Set<string>();
    let end = head;
    for (const waiting of this.#waiting) {
      const { id } = waiting.asked;
      if (round.length === mostAtOnce || touched.has(id)) {
        later.push(waiting);
        continue;
      }
      const made = this.#draftOf(waiting, end, time);
      if (made === null) continue;
      const touches = [id, made.from, made.to].filter((one) => one !== null);
      if (touches.some((one) => touched.has(one))) {
        later.push(waiting);
        continue;
      }
      for (const one of touches) touched.add(one);
      clearTimeout(waiting.late);
      round.push({ waiting, made });
      end = headAfter(end, made);
    }
    this.#waiting = later;
    return round;
  }

  /** Null: whoever waits was told. */
  #draftOf(waiting: Waiting, head: ChainHead, time: Date): Draft | null {
    try {
      const made = this.#decided(waiting.asked, head, time);
      if (typeof made !== 'string') return made;
      waiting.tell(made);
    } catch (error) {
      waiting.fail(error);
    }
    clearTimeout(waiting.late);
    return null;
  }

  #decided(asked: Asked, head: ChainHead, time: Date): Draft | 'moved' | 'locked' {
    const before = this.#beforeOf(asked);
    if (before === null) return 'moved';
    // Answered with what was recorded.
    if (before.events.some(({ cause }) => cause === asked.cause)) return 'locked';
    const made = draft(this.#tools, head, asked, before, time);
    // That somebody is told no must not rest on what has changed meanwhile.
    if ('kind' in made || made.placed.length === 0) return 'locked';
    const { from, to } = made;
    if (to !== from && to !== null && this.#tools.known.holderOf(to) !== null) return 'locked';
    mustSeal(this.#tools, made);
    return made;
  }
}
