/** What a seed draws: who clicks what and when in a request's life, and what happens to everything else meanwhile. */
import fc from 'fast-check';
import { people } from '../world/story.ts';
import type { Role, Verb } from './request-model.ts';
import { type Trouble, troubles } from './troubles.ts';

export const persons = {
  requester: people.requester,
  approver: people.approver,
  secondApprover: people.secondApprover,
  teamMember: people.teamMember,
} as const;
type Person = keyof typeof persons;

export const roleOf = (person: string): Role =>
  person === persons.requester ? 'requester' : person === persons.teamMember ? 'nobody' : 'approver';

const verbs: readonly Verb[] = ['approve', 'reject', 'cancel', 'stop', 'retry', 'give-up', 'remind'];
const mostly = <T>(usual: T, weight: number, ...others: readonly T[]) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

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
  off: mostly(0, 9, -1, 1),
  /** Whoever approves says that it begins no earlier than the next full minute. */
  putsOff: mostly(false, 7, true),
});
type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
export type Click = Drawn<typeof click>;

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
export type Wave = Drawn<typeof wave>;

const life = fc.record({
  waves: fc.array(wave, { minLength: 1, maxLength: 4, size: 'max' }),
  /** Azure takes its time over each change of the agent: then clicks come while it is under way. */
  slow: fc.boolean(),
  /** So many approvals its rule wants. */
  needed: fc.constantFrom(1, 1, 2),
  /** It is asked for with a start at the next full minute. */
  putOff: mostly(false, 6, true),
  /** What comes just before a start that was put off. */
  atStart: fc.constantFrom<Trouble | null>(null, 'steps of the clock', 'moves of the clock', 'ends of all replicas'),
  /** What becomes of it where nothing has decided it: `expire` waits for the end of the time to decide. */
  end: fc.constantFrom('approve', 'approve', 'approve', 'reject', 'expire'),
});
export type Life = Drawn<typeof life>;

export const lives = (seed: number, count: number): readonly Life[] => fc.sample(life, { seed, numRuns: count });
