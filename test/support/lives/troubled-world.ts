/** The world in which requests live to which everything happens: two replicas on one PostgreSQL. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { agentIn } from '../azure/azure-state.ts';
import { changeState } from '../azure/local-azure.ts';
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
  body::json #>> '{data,reason}' as reason
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

/** Where requests live. */
export interface Desk {
  readonly world: World;
  readonly record: (id: string) => Promise<readonly RecordedEvent[]>;
  readonly troubles: Troubles;
}

export interface TroubledWorld {
  readonly world: World;
  readonly desk: Desk;
  /** How often each trouble came. */
  met(): Readonly<Record<string, number>>;
  end(): Promise<void>;
}

/** An agent's name says how many approvals it needs. */
export const agentName = (n: number, needed: number): string => `agent-${n}-needs-${needed}`;

/** Whoever asks is among the approvers, and may not approve all the same. */
const rules = [2, 1].map((needed) => ({
  name: `needs-${needed}`,
  match: { resources: [`*-needs-${needed}`] },
  approvers: [people.requester, people.approver, people.secondApprover],
  approvalsRequired: needed,
}));

export const keyName = 'cmk-triage-agent';

export async function startTroubledWorld(url: string, agents: readonly string[]): Promise<TroubledWorld> {
  const clock = shiftedClock();
  const world = await startWorld({
    env: {
      DATABASE_URL: url,
      CMK_APPROVAL_EXPIRY: `${expiryMs / 1_000}s`,
      ...clock.env,
    },
  });
  await world.endBot('SIGINT');
  const file = join(world.dataDir, 'policy.json');
  writeFileSync(file, JSON.stringify({ rules }));
  await changeState(world.azure, (state) => {
    const pattern = agentIn(state, 'triage-agent-test');
    for (const [n, name] of agents.entries()) state.agents.push({ ...structuredClone(pattern), name, etag: `"${n}"` });
  });
  const balancer = await startBalancer(Number(new URL(world.botUrl).port));
  const troubles = openTroubles({ world, url, balancer, clock, env: { CMK_POLICY_FILE: file } });
  await Promise.all([troubles.startOne(), troubles.startOne()]);
  const record = (id: string) => rowsOf(url, RecordedEvent, eventsQuery, id);
  return {
    world,
    desk: { world, record, troubles },
    met: () => ({ ...Object.fromEntries(troubles.met), 'ends of a replica by itself': troubles.endedByThemselves }),
    end: async () => {
      await troubles.stop();
      await balancer.close();
      await world.end();
      clock.remove();
    },
  };
}
