/** What must stay as it is while a world is attacked: the process, its record, its health and its size. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { queryStore, type World } from '../world/world.ts';

const Head = z.object({ seq: z.number(), hash: z.string() });

/** What a bot is at one moment. */
export interface RoleStatus {
  readonly pid: number | undefined;
  readonly ready: boolean;
  /** Where the audit log ends. */
  readonly head: z.infer<typeof Head>;
}

export type Watch = ReturnType<typeof watch>;

/** Whoever could forge a conversation that Teams has never heard of is answered by Teams. */
const nobodyThere = /"code":"ConversationNotFound"/;
const bug = /unexpected error|unhandled|uncaught|TypeError|RangeError|ReferenceError/i;

function memoryOf(pid: number | undefined): number | null {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return null;
  }
}

/** Looks at the running bot from outside. */
export function watch(world: World) {
  let read = 0;
  return {
    async roleStatus(): Promise<RoleStatus> {
      const [head] = await queryStore(world, 'select seq::int, hash from cmk.chain_head');
      return { pid: world.botPid(), ready: (await fetch(`${world.botUrl}/readyz`)).ok, head: Head.parse(head) };
    },
    /** Resident memory in megabytes; null where the system does not tell. */
    megabytes: () => memoryOf(world.botPid()),
    /** What the log says that a bug alone would bring about, since this was last asked. */
    bugs(): readonly string[] {
      const lines = world.printed().slice(read).split('\n');
      read = world.printed().length;
      return lines.filter((line) => bug.test(line) && !nobodyThere.test(line));
    },
  };
}
