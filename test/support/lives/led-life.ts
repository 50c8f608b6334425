/** One request, from being asked to its end, while everything happens to it that its life says. */

import { setTimeout as pause } from 'node:timers/promises';
import { faultAzure, submitAgain, typeForm } from '../world/story.ts';
import { LifeClicks, nextMinute } from './life-clicks.ts';
import { type Ended, lookAtAzure, lookAtCards, lookAtExpiry, titles } from './life-ends.ts';
import { type Life, persons, type Wave } from './random-lives.ts';
import { type Made, misfits } from './request-misfits.ts';
import { type ModelState, type RecordedEvent, statesOf } from './request-model.ts';
import { again, type Desk, keyName, patienceMs } from './troubled-world.ts';
import type { Trouble } from './troubles.ts';

export interface Outcome {
  readonly agent: string;
  readonly id: string;
  readonly life: Life;
  readonly made: readonly Made[];
  readonly events: readonly RecordedEvent[];
  readonly ended: string;
  readonly wrong: readonly string[];
  readonly extraCards: number;
  /** From when to when it was led, by a clock that nobody moves; ISO 8601. */
  readonly begun: string;
  readonly over: string;
}

/** What comes at a start is there when the start comes: so long before it, it begins. */
const beforeStartMs: Readonly<Partial<Record<Trouble, number>>> = { 'steps of the clock': 8_000 };

class LedLife {
  readonly wrong: string[] = [];
  readonly begun = new Date().toISOString();
  made: readonly Made[] = [];
  id = '';
  private deleted = false;
  private atStart: Trouble | null;
  private readonly desk: Desk;
  private readonly agent: string;
  private readonly life: Life;

  constructor(desk: Desk, agent: string, life: Life) {
    [this.desk, this.agent, this.life, this.atStart] = [desk, agent, life, life.atStart];
  }

  async lead(): Promise<Pick<Outcome, 'ended' | 'extraCards' | 'events'>> {
    const { desk, agent } = this;
    const id = await this.asked();
    this.id = id;
    const clicks = new LifeClicks(desk, id);
    this.made = clicks.made;
    if (this.life.slow) await this.slowDown();
    for (const one of this.life.waves) await this.wave(one, clicks);
    await this.untilItEnds(clicks);
    const events = await desk.record(id);
    this.wrong.push(...misfits({ events, made: clicks.made, needed: this.life.needed }));
    const type = events.map(({ type: event }) => event).find((event) => titles[event] !== undefined) ?? 'nothing';
    const stand = statesOf(events, this.life.needed).at(-1);
    if (stand === undefined) throw new Error(`${id} has no end`);
    const ended: Ended = { begun: this.begun, id, agent, ended: type, events, stand, deleted: this.deleted };
    const extraCards = await lookAtCards(desk, ended, this.wrong);
    await lookAtAzure(desk, ended, this.wrong);
    lookAtExpiry(desk, ended, this.wrong);
    return { ended: type, extraCards, events };
  }

  private async asked(): Promise<string> {
    const { world } = this.desk;
    // What is typed while nobody is there is lost: whoever sees nothing types it again.
    const form = await again(() =>
      typeForm(world, `/enable-cmk resource=${this.agent} vault=kv-care-prod key=${keyName}`),
    );
    let tries = 0;
    return again(() => {
      tries += 1;
      const chosen = this.life.putOff ? nextMinute().inputs : {};
      const inputs = { justification: `For ${this.agent}`, acknowledgeDataLoss: 'true', ...chosen };
      return submitAgain(world, form, inputs, `submit ${this.agent} ${tries}`);
    });
  }

  private slowDown(): Promise<void> {
    const match = { method: 'PATCH', url: `healthBots/${this.agent}\\?` };
    return faultAzure(this.desk.world, { id: this.agent, match, times: 2, operation: { takesMs: 2_500 } });
  }

  private async bring(trouble: Trouble): Promise<void> {
    this.deleted ||= trouble === 'cards deleted';
    await this.desk.troubles.bring(trouble, this.id);
  }

  private async wave(one: Wave, clicks: LifeClicks): Promise<void> {
    const { trouble, troubleAfterMs, thenMs } = one;
    const meanwhile = async (): Promise<void> => {
      await pause(troubleAfterMs);
      if (trouble !== null) await this.bring(trouble);
    };
    const { asking } = await this.stand();
    const made = one.clicks.map((click) => clicks.clicked(click, persons[click.person], asking + click.off));
    await Promise.all([meanwhile(), ...made]);
    await pause(thenMs);
  }

  private async stand(): Promise<ModelState> {
    const last = statesOf(await this.desk.record(this.id), this.life.needed).at(-1);
    if (last === undefined) throw new Error(`${this.id} is not there`);
    return last;
  }

  /** What is left to decide is decided, and what does not go on is tried again. */
  private async untilItEnds(clicks: LifeClicks): Promise<void> {
    const { end } = this.life;
    for (let until = Date.now() + patienceMs; ; await pause(400)) {
      const { phase, asking, approvedBy, notBefore } = await this.stand();
      if (phase === 'over') return;
      if (Date.now() > until) throw new Error(`${this.id} of ${this.agent} does not end: ${JSON.stringify(this.life)}`);
      if (phase === 'attention') await clicks.click({ person: persons.requester, verb: 'retry', asking }, 'end');
      if (phase === 'ordered' && notBefore > new Date().toISOString()) {
        await this.untilStart(notBefore);
        // All that comes at one start comes one after the other, and whole bots are started meanwhile.
        until = Date.now() + 2 * patienceMs;
      }
      if (phase !== 'waiting' || end === 'expire') continue;
      const person = [persons.approver, persons.secondApprover].find((one) => !approvedBy.includes(one));
      const verb = end === 'reject' ? end : 'approve';
      if (person !== undefined) await clicks.click({ person, verb, asking }, 'end');
    }
  }

  /** Waits for a start that was put off; the first time something comes just before it. */
  private async untilStart(start: string): Promise<void> {
    const { atStart } = this;
    this.atStart = null;
    if (atStart === null) return pause(Math.min(2_000, Math.max(0, Date.parse(start) - Date.now())));
    await pause(Math.max(0, Date.parse(start) - Date.now() - (beforeStartMs[atStart] ?? 700)));
    await this.bring(atStart);
  }
}

export async function lead(desk: Desk, agent: string, life: Life): Promise<Outcome> {
  const led = new LedLife(desk, agent, life);
  const seen = await led.lead().catch(async (error: Error) => {
    led.wrong.push(error.message.slice(0, 1_000));
    return { ended: 'nobody knows', extraCards: 0, events: await desk.record(led.id) };
  });
  const [begun, over] = [led.begun, new Date().toISOString()];
  return { agent, id: led.id, life, made: led.made, wrong: led.wrong, begun, over, ...seen };
}
