/** The world in which requests live to which everything happens: two replicas on one PostgreSQL, and a rule for each desk. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { agentIn } from '../azure/azure-state.ts';
import { changeState, http } from '../azure/local-azure.ts';
import { startBalancer } from '../processes/balancer.ts';
import { shiftedClock } from '../processes/shifted-clock.ts';
import { people } from '../world/story.ts';
import { startWorld, type World } from '../world/world.ts';
import { RecordedEvent } from './request-model.ts';
import { openTroubles, type Troubles } from './troubles.ts';

/** Nobody waits longer for anything. */
export const patienceMs = 180_000;
/** The time to decide: so short that some clicks come too late. */
const expiryMs = 30_000;

/** Does it again where nobody answered, as a person would. */
export async function again<T>(act: () => Promise<T>, everyMs = 500): Promise<T> {
  for (const until = Date.now() + patienceMs; ; ) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause(everyMs);
    }
  }
}

const eventsQuery = `select revision, cause, coalesce(body::json #>> '{data,as}', body::json ->> 'type') as type, body::json ->> 'time' as time,
  body::json #>> '{actor,id}' as actor, body::json #>> '{data,step}' as step, body::json ->> 'planDigest' as digest,
  body::json #>> '{data,policy,expiresAt}' as "expiresAt", body::json #>> '{data,notBefore}' as "notBefore",
  body::json #>> '{data,reason}' as reason, body::json #>> '{data,plan,spec,keyName}' as key
  from cmk.event where request_id = $1 order by revision`;

/** The store as it is at this moment, also while its connections are ended again and again. */
const rowsOf = <T extends z.ZodType>(url: string, row: T, text: string, value: string): Promise<z.infer<T>[]> =>
  again(async () => {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return z.array(row).parse((await client.query(text, [value])).rows);
    } finally {
      await client.end().catch(() => undefined);
    }
  }, 50);

/** On which question the form of a change was opened: the form keeps it to itself. */
async function formAsking(url: string, formId: string): Promise<number> {
  const query = `select (regexp_match(value::text, '"changes":\\s*\\{"asking":\\s*(\\d+)'))[1]::int as asking
    from cmk.document where key = $1`;
  const [form] = await rowsOf(url, z.object({ asking: z.number() }), query, `form/${formId}`);
  if (form === undefined) throw new Error(`there is no form ${formId}`);
  return form.asking;
}

/** Where one request lives at a time. Each desk has approvers of its own, so that their rights are moved for it alone. */
export interface Desk {
  readonly world: World;
  readonly record: (id: string) => Promise<readonly RecordedEvent[]>;
  readonly troubles: Troubles;
  /** The revision of the question that the form of a change was opened on. */
  formAsking(formId: string): Promise<number>;
  /** Who may approve here from now on. Whoever asks is among them, and may not all the same. */
  setApprovers(ids: readonly string[]): Promise<void>;
}

export interface TroubledWorld {
  readonly world: World;
  readonly desks: readonly Desk[];
  /** How often each trouble came. */
  met(): Readonly<Record<string, number>>;
  end(): Promise<void>;
}

const groupOf = (desk: number): string => `60000000-0000-4000-8000-0000000001${String(desk).padStart(2, '0')}`;
/** An agent of a desk; its name says under which rule it is. */
export const agentName = (n: number, desk: number, needed: number): string => `agent-${n}-needs-${needed}-desk-${desk}`;

/** Rules that look at names, the stricter first. */
const rulesFor = (desks: readonly number[]) =>
  desks.flatMap((desk) =>
    [2, 1].map((needed) => ({
      name: `desk-${desk}-needs-${needed}`,
      match: { resources: [`*-needs-${needed}-desk-${desk}`] },
      approvers: [groupOf(desk)],
      approvalsRequired: needed,
    })),
  );

export const keys = ['cmk-triage-agent', 'cmk-other'] as const;

export async function startTroubledWorld(
  url: string,
  agents: readonly string[],
  deskCount: number,
): Promise<TroubledWorld> {
  const clock = shiftedClock();
  const numbers = Array.from({ length: deskCount }, (_, n) => n);
  const world = await startWorld({
    env: {
      DATABASE_URL: url,
      CMK_APPROVAL_EXPIRY: `${expiryMs / 1_000}s`,
      ...clock.env,
    },
  });
  await world.endBot('SIGINT');
  const file = join(world.dataDir, 'policy.json');
  writeFileSync(file, JSON.stringify({ rules: rulesFor(numbers) }));
  await changeState(world.azure, (state) => {
    const pattern = agentIn(state, 'triage-agent-test');
    for (const [n, name] of agents.entries()) state.agents.push({ ...structuredClone(pattern), name, etag: `"${n}"` });
    for (const desk of numbers) state.groups.push({ id: groupOf(desk), displayName: `Desk ${desk}`, memberIds: [] });
    const { keys: own } = state.vaults.find(({ name }: { readonly name: string }) => name === 'kv-care-prod');
    own.push({
      ...structuredClone(own.find(({ name }: { readonly name: string }) => name === keys[0])),
      name: keys[1],
    });
  });
  const balancer = await startBalancer(Number(new URL(world.botUrl).port));
  const troubles = openTroubles({ world, url, balancer, clock, env: { CMK_POLICY_FILE: file } });
  await Promise.all([troubles.startOne(), troubles.startOne()]);
  const record = (id: string) => rowsOf(url, RecordedEvent, eventsQuery, id);
  const setApprovers = (desk: number) => async (ids: readonly string[]) => {
    const { status } = await http(world.azure, 'PUT', `/simulator/members?group=${groupOf(desk)}`, {
      body: [people.requester, ...ids],
    });
    if (status !== 200) throw new Error(`the members of desk ${desk} could not be set`);
  };
  return {
    world,
    desks: numbers.map((desk) => ({
      world,
      record,
      troubles,
      formAsking: (formId) => formAsking(url, formId),
      setApprovers: setApprovers(desk),
    })),
    met: () => ({ ...Object.fromEntries(troubles.met), 'ends of a replica by itself': troubles.endedByThemselves }),
    end: async () => {
      await troubles.stop();
      await balancer.close();
      await world.end();
      clock.remove();
    },
  };
}
