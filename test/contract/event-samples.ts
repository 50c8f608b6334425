/** Bodies of every type of event, with data made from the schemas of what is stored. */
import { z } from 'zod';
import { Effect } from '../../src/domain/effect.ts';
import type { Plan } from '../../src/domain/plan.ts';
import {
  type Actor,
  botActor,
  type EventBodyOf,
  newEvent,
  operatorActor,
  type Payload,
  personActor,
} from '../../src/domain/request/events.ts';
import { type EventType, payloadsWith } from '../../src/domain/request/payloads.ts';
import { plan, requester, tenant } from '../support/builders/fixtures.ts';
import { allSamplesOf } from './samples.ts';

const changes = [...allSamplesOf(Effect)].slice(0, 3);

const actors: readonly Actor[] = [
  botActor,
  operatorActor('ops, *bold*'),
  personActor(requester, tenant, 'local'),
  { kind: 'person', id: 'nobody known', tenantId: null, signIn: null },
];
const ways = actors.flatMap((actor) =>
  [{}, { planDigest: 'd'.repeat(64), changes, submittedBy: 'somebody else' }].map((rest) => ({
    actor,
    rest,
  })),
);

/** Of plans there is one: other suites have their texts. */
const payloads = payloadsWith(z.literal('plan').transform((): Plan => plan()));

/** Of a failure there are thousands, which other tests have: one of each kind and so many others are enough here. */
const most = 64;

/** The fields that tell kinds of the same data apart. */
const Kind = z.object({
  failure: z.object({ source: z.string(), found: z.object({ code: z.string() }).optional() }).optional(),
  answer: z
    .object({
      outcome: z.string(),
      allowedBy: z.object({ by: z.string(), ours: z.boolean().optional() }).optional(),
      refused: z.object({}).nullish(),
      why: z.object({ code: z.string() }).optional(),
    })
    .optional(),
});
const kindOf = (data: unknown): string => JSON.stringify(Kind.parse(data));

/** All data, and each way to store it, in turn. */
function samplesFor<T extends EventType>(type: T): readonly EventBodyOf[] {
  const all = allSamplesOf(payloads[type]) as readonly Payload<T>[];
  const kinds = new Map(all.map((one) => [kindOf(one), one]));
  const data = [...all.filter((_, n) => n % Math.ceil(all.length / most) === 0), ...kinds.values()];
  return Array.from({ length: Math.max(data.length, ways.length) }, (_, n) => {
    const { actor, rest } = ways[n % ways.length] ?? { actor: botActor, rest: {} };
    return newEvent(type, actor, data[n % data.length] as Payload<T>, rest).body;
  });
}

export const eventSamples = Object.fromEntries(
  (Object.keys(payloads) as EventType[]).map((type) => [type, samplesFor(type)]),
) as Readonly<Record<EventType, readonly EventBodyOf[]>>;
