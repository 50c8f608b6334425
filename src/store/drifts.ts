/** The port `Drifts`. Open drifts come from the index of verified events. */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { DriftId, driftIdOf, RequestId } from '../domain/ids.ts';
import type { Drifts } from '../domain/ports/store.ts';
import { foldWatch, openDriftOf } from '../domain/watch/agent-watch.ts';
import { type AppendTools, append } from './append.ts';
import { eventsOf, eventsOfEach } from './event-rows.ts';
import { driftRules } from './pending-commit.ts';

const streamOf = (agent: string): DriftId =>
  driftIdOf(createHash('sha256').update(agent.toLowerCase(), 'utf8').digest('hex'));

export function openDrifts(pool: Pool, tools: AppendTools): Drifts {
  const load = async (id: DriftId) => foldWatch(id, await eventsOf(pool, tools, id));
  return {
    append: (agent, cause, decide) =>
      append(pool, tools, { rules: driftRules, id: streamOf(agent), cause, decide, trace: tools.trace() }),
    load,
    of: (agent) => load(streamOf(agent)),
    succeeded: async () => {
      await tools.monitor.catchUp(pool);
      return new Map([...tools.monitor.index.succeeded].map(([agent, id]) => [agent, RequestId.parse(id)]));
    },
    open: async () => {
      await tools.monitor.catchUp(pool);
      const streams = tools.monitor.index.drifts;
      const events = await eventsOfEach(pool, tools, [...streams.values()]);
      const open = [...streams].flatMap(([agent, id]) => {
        const drift = openDriftOf(foldWatch(DriftId.parse(id), events.get(id) ?? []));
        return drift === null ? [] : [[agent, drift] as const];
      });
      return new Map(open);
    },
  };
}
