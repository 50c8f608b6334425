/** Lives of requests on two replicas, with everything that may happen to them meanwhile, and what came of it. */
import fc from 'fast-check';
import { Client } from 'pg';
import { z } from 'zod';
import { agentIn } from './azure-state.ts';
import { startBalancer } from './balancer.ts';
import { changeState } from './local-azure.ts';
import { type BotAnswer, cardOf, type SeenActivity } from './local-teams.ts';
import { type Act, type Made, misfits, RecordedEvent, type Role, stands, type Verb } from './request-model.ts';
import { shiftedClock } from './shifted-clock.ts';
import { activityText, answered, cardsAbout, faultAzure, people, places, submitAgain, type, writes } from './story.ts';
import { doubling, openTroubles, type Trouble, type Troubles, troubles } from './troubles.ts';
import { startWorld, type World } from './world.ts';

const verbs: readonly Verb[] = ['approve', 'reject', 'cancel', 'stop', 'retry', 'give-up', 'remind'];
const persons = {
  requester: people.requester,
  approver: people.approver,
  secondApprover: people.secondApprover,
  teamMember: people.teamMember,
} as const;
type Person = keyof typeof persons;
const roles: Readonly<Record<Person, Role>> = {
  requester: 'requester',
  approver: 'approver',
  secondApprover: 'approver',
  teamMember: 'nobody',
};

/** Who clicks what, so many times, so long after the wave began. `off`: on an older or a younger question than the present one. */
const click = fc.record({
  verb: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Verb>('approve') },
    { weight: 4, arbitrary: fc.constantFrom(...verbs) },
  ),
  person: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Person>('requester', 'approver', 'secondApprover') },
    { weight: 1, arbitrary: fc.constant<Person>('teamMember') },
  ),
  times: fc.oneof({ weight: 2, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }) }),
  afterMs: fc.integer({ min: 0, max: 150 }),
  off: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
});
const wave = fc.record({
  clicks: fc.array(click, { minLength: 1, maxLength: 4, size: 'max' }),
  trouble: fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom<Trouble>(...troubles) },
  ),
  /** When the trouble comes, and how long it is quiet after it all. */
  troubleAfterMs: fc.integer({ min: 0, max: 150 }),
  thenMs: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 400 }) },
    { weight: 1, arbitrary: fc.constant(3_000) },
  ),
});
const life = fc.record({
  waves: fc.array(wave, { minLength: 1, maxLength: 4, size: 'max' }),
  /** Azure takes its time over each change of the agent: then clicks come while it is under way. */
  slow: fc.boolean(),
  /** What becomes of it where nothing has decided it: `expire` waits for the end of the time to decide. */
  end: fc.constantFrom('approve', 'approve', 'approve', 'reject', 'expire'),
});
export type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;
type Wave = Life['waves'][number];
type Click = Wave['clicks'][number];

/** The lives that a seed gives. */
export const lives = (seed: number, count: number): readonly Life[] => fc.sample(life, { seed, numRuns: count });

export interface Outcome {
  readonly agent: string;
  readonly id: string;
  readonly life: Life;
  readonly made: readonly Made[];
  /** The last event that ended it. */
  readonly ended: string;
  readonly wrong: readonly string[];
  readonly extraCards: number;
}

export interface TroubledWorld {
  readonly world: World;
  live(agent: string, life: Life): Promise<Outcome>;
  /** How often each trouble came. */
  met(): Readonly<Record<string, number>>;
  end(): Promise<void>;
}

/** Nobody waits longer for anything. */
const patienceMs = 120_000;
/** The time to decide: so short that some clicks come too late. */
const expiryMs = 20_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Does it again where nobody answered, as a person would. */
async function again<T>(act: () => Promise<T>, everyMs = 500): Promise<T> {
  for (const until = Date.now() + patienceMs; ; ) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause(everyMs);
    }
  }
}

const eventsQuery = `select revision, cause, body::json ->> 'type' as type, body::json ->> 'time' as time,
  body::json #>> '{actor,id}' as actor, body::json #>> '{data,step}' as step,
  body::json #>> '{data,policy,expiresAt}' as "expiresAt"
  from cmk.event where request_id = $1 order by revision`;

/** The store as it is at this moment, also while its connections are ended again and again. */
const recordOf = (url: string) => (id: string) =>
  again(async () => {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return z.array(RecordedEvent).parse((await client.query(eventsQuery, [id])).rows);
    } finally {
      await client.end().catch(() => undefined);
    }
  }, 50);

/** What is said where nothing was decided, because nobody could. */
const unanswered = /cannot store anything at the moment|clock is wrong/;
/** What was said, in its first words; null: nothing, or that nothing could be decided. */
function saidBy(answer: BotAnswer): string | null {
  if (answer.status !== 200) return null;
  try {
    const words = answered(answer);
    return unanswered.test(words) ? null : words.slice(0, 120);
  } catch {
    return null;
  }
}

const inputsOf: Readonly<Partial<Record<Verb, Record<string, string>>>> = {
  approve: { acknowledgeIrreversible: 'true' },
  reject: { comment: 'Not this one' },
  'give-up': { reason: 'Nobody waits for it' },
};
const titles: Readonly<Record<string, RegExp>> = {
  succeeded: /Succeeded/,
  rejected: /Rejected/,
  cancelled: /Cancelled/,
  expired: /Expired/,
  'given-up': /Failed/,
};

export async function startTroubledWorld(url: string, agents: number): Promise<TroubledWorld> {
  const clock = shiftedClock();
  const settings = { DATABASE_URL: url, CMK_APPROVAL_EXPIRY: `${expiryMs / 1_000}s`, ...clock.env };
  const world = await startWorld({ env: settings });
  await changeState(world.azure, (state) => {
    const pattern = agentIn(state, 'triage-agent-test');
    for (let n = 1; n <= agents; n += 1)
      state.agents.push({ ...structuredClone(pattern), name: `agent-${n}`, etag: `"${n}"` });
  });
  await world.endBot('SIGINT');
  const balancer = await startBalancer(Number(new URL(world.botUrl).port));
  const brought = openTroubles(world, url, balancer, clock);
  await Promise.all([brought.startOne(), brought.startOne()]);
  const record = recordOf(url);
  return {
    world,
    live: (agent, lived) => new LifeLed({ world, record, troubles: brought }, agent, lived).lead(),
    met: () => Object.fromEntries(brought.met),
    end: async () => {
      await balancer.close();
      await world.end();
      clock.remove();
    },
  };
}

/** Which card it is, and what it says first. */
const describeCard = (card: SeenActivity): string =>
  `${card.id}${card.local.ownView ? ' (own view)' : ''} ${activityText(card).split('\n')[0]}`;

interface LifeIn {
  readonly world: World;
  readonly record: (id: string) => Promise<readonly RecordedEvent[]>;
  readonly troubles: Troubles;
}

/** One request, from being asked to its end. */
class LifeLed {
  private readonly made: Made[] = [];
  private readonly wrong: string[] = [];
  private id = '';
  private deleted = false;

  private readonly world: World;
  private readonly record: (id: string) => Promise<readonly RecordedEvent[]>;
  private readonly troubles: Troubles;
  private readonly agent: string;
  private readonly life: Life;

  constructor({ world, record, troubles: brought }: LifeIn, agent: string, lived: Life) {
    [this.world, this.record, this.troubles, this.agent, this.life] = [world, record, brought, agent, lived];
  }

  async lead(): Promise<Outcome> {
    const seen = await this.led().catch((error: Error) => {
      this.wrong.push(error.message);
      return { ended: 'nobody knows', extraCards: 0 };
    });
    const { id, agent, life: lived, made, wrong } = this;
    return { agent, id, life: lived, made, wrong, ...seen };
  }

  private async led(): Promise<Pick<Outcome, 'ended' | 'extraCards'>> {
    this.id = await this.asked();
    if (this.life.slow) await this.slowDown();
    for (const one of this.life.waves) await this.wave(one);
    await this.untilItEnds();
    const events = await this.record(this.id);
    this.wrong.push(...misfits(events, this.made));
    const ended = events.map(({ type: event }) => event).find((event) => titles[event] !== undefined) ?? 'nothing';
    const extraCards = await this.lookAtCards(titles[ended] ?? /^$/);
    await this.lookAtAzure(events);
    return { ended, extraCards };
  }

  private async asked(): Promise<string> {
    const form = await again(async () => {
      const typed = `/enable-cmk resource=${this.agent} vault=kv-care-prod key=cmk-triage-agent`;
      const { id } = await type(this.world, people.requester, typed);
      const isForm = (one: SeenActivity) => one.id === id && activityText(one).includes('[Submit');
      return this.world.teams.sees(places.operations, people.requester, isForm, 20_000);
    });
    const inputs = { justification: `For ${this.agent}`, acknowledgeDataLoss: 'true' };
    let tries = 0;
    return again(() => {
      tries += 1;
      return submitAgain(this.world, form, inputs, `submit ${this.agent} ${tries}`);
    });
  }

  private slowDown(): Promise<void> {
    const match = { method: 'PATCH', url: `healthBots/${this.agent}\\?` };
    return faultAzure(this.world, { id: this.agent, match, times: 2, operation: { takesMs: 2_500 } });
  }

  private async wave({ clicks, trouble, troubleAfterMs, thenMs }: Wave): Promise<void> {
    const bring = async (): Promise<void> => {
      if (trouble === null) return;
      await pause(troubleAfterMs);
      this.deleted ||= trouble === 'cards deleted';
      await this.troubles.bring(trouble, this.id);
    };
    const { asking } = stands(await this.record(this.id)).at(-1) ?? { asking: 0 };
    await Promise.all([bring(), ...clicks.map((one) => this.clicked(one, asking))]);
    await pause(thenMs);
  }

  /** The same click so many times at once, as of somebody who taps again and a client that tries again. */
  private async clicked({ verb, person, times, afterMs, off }: Click, now: number): Promise<void> {
    await pause(afterMs);
    const act: Act = { person: persons[person], role: roles[person], verb, asking: now + off };
    await Promise.all(Array.from({ length: times }, (_, n) => this.click(act, n % 2 === 0 ? 'tap' : `tap ${n}`)));
  }

  private async click(act: Act, tap: string): Promise<void> {
    const card = await this.someCard(act.person);
    if (card === null) return;
    const from = (await this.record(this.id)).length;
    const more = {
      inputs: inputsOf[act.verb] ?? {},
      data: { requestId: this.id, revision: act.asking },
      invokeId: `${this.id} ${act.person} ${act.verb} ${act.asking} ${tap} ${from}`,
    };
    const answer = await this.world.teams
      .click(act.person, card.id, `request.${act.verb}`, more)
      .catch((): BotAnswer => ({ status: 0, body: null }));
    const to = (await this.record(this.id)).length;
    this.made.push({ ...act, from, to, said: saidBy(answer) });
  }

  /** Whoever clicks does so on a card that names the request; null where none stands there. */
  private async someCard(person: string): Promise<SeenActivity | null> {
    const place = person === people.requester || person === people.teamMember ? places.operations : places.approvals;
    const seen = await this.world.teams.activities(place, person);
    return seen.find((one) => cardOf(one) !== undefined && activityText(one).includes(this.id)) ?? null;
  }

  /** What is left to decide is decided, and what does not go on is tried again. */
  private async untilItEnds(): Promise<void> {
    const { approver } = persons;
    for (const until = Date.now() + patienceMs; ; await pause(400)) {
      const { standing, asking } = stands(await this.record(this.id)).at(-1) ?? { standing: 'none', asking: 0 };
      if (standing === 'over') return;
      if (Date.now() > until) throw new Error(`${this.id} of ${this.agent} does not end: ${JSON.stringify(this.life)}`);
      const act = { person: approver, role: 'approver', asking } as const;
      const { end } = this.life;
      if (standing === 'waiting' && end !== 'expire')
        await this.click({ ...act, verb: end === 'reject' ? end : 'approve' }, 'end');
      if (standing === 'attention') await this.click({ ...act, verb: 'retry' }, 'end');
    }
  }

  /** Every card says how it ended; returns how many more than one stand in a place. */
  private async lookAtCards(words: RegExp): Promise<number> {
    let extra = 0;
    for (const place of [places.operations, places.approvals]) {
      const cards = await again(async () => {
        const all = await cardsAbout(this.world, place, people.approver, this.id);
        const old = all.filter((card) => !words.test(activityText(card)));
        if (old.length > 0)
          throw new Error(`${old.length} of ${all.length} cards in ${place} are old: ${old.map(describeCard).join()}`);
        if (all.length === 0 && !this.deleted) throw new Error(`no card of ${this.id} in ${place}`);
        return all;
      }).catch((error: Error) => {
        this.wrong.push(error.message);
        return [];
      });
      const doublings = doubling.reduce((total, trouble) => total + (this.troubles.met.get(trouble) ?? 0), 0);
      if (cards.length > 1 + doublings) this.wrong.push(`${cards.length} cards in ${place}`);
      extra += Math.max(0, cards.length - 1);
    }
    return extra;
  }

  /** Azure was changed once for each step that was done, and not at all where none was begun. */
  private async lookAtAzure(events: readonly RecordedEvent[]): Promise<void> {
    const own = (await writes(this.world)).filter(
      (one) => one.includes(`healthBots/${this.agent} `) && / 20[01]$/.test(one),
    );
    const begun = new Set(events.filter((event) => event.type === 'step-intended').map(({ step }) => step));
    const most = ['enable-identity', 'set-cmk'].filter((step) => begun.has(step)).length;
    if (own.length > most)
      this.wrong.push(`${own.length} changes of the agent, of ${most} that were meant: ${own.join()}`);
    if (events.some((event) => event.type === 'succeeded') && own.length !== 2)
      this.wrong.push(`${own.length} changes of the agent, and it succeeded`);
  }
}
