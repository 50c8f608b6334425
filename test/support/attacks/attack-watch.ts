/** What must stay as it is while a world is attacked: the process, its record, its health and its size. */
import { readFileSync } from 'node:fs';
import { reachControl } from '../../../src/operator/rpc/client.ts';
import type { World } from '../world/world.ts';

/** What a bot is at one moment. */
export interface RoleStatus {
  readonly pid: number;
  readonly ready: boolean;
  /** Where the audit log ends. */
  readonly head: { readonly seq: number; readonly hash: string };
}

export type Watch = Awaited<ReturnType<typeof watch>>;

/** Whoever could forge a conversation that Teams has never heard of is answered by Teams. */
const nobodyThere = /"code":"ConversationNotFound"/;
const bug = /unexpected error|unhandled|uncaught|TypeError|RangeError|ReferenceError/i;

function memoryOf(pid: number): number | null {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return null;
  }
}

/** Looks at the running bot from outside, through the doors that operators have. */
export async function watch(world: World) {
  const client = await reachControl(world.dataDir);
  if (client === null) throw new Error('no bot runs on the folder');
  const { control } = client;
  let read = 0;
  return {
    async roleStatus(): Promise<RoleStatus> {
      const [{ pid }, head] = await Promise.all([control.hello({}), control.head({})]);
      return { pid, ready: (await fetch(`${world.botUrl}/readyz`)).ok, head };
    },
    /** Resident memory in megabytes; null where the system does not tell. */
    megabytes: async () => memoryOf((await control.hello({})).pid),
    /** What the log says that a bug alone would bring about, since this was last asked. */
    bugs(): readonly string[] {
      const lines = world.printed().slice(read).split('\n');
      read = world.printed().length;
      return lines.filter((line) => bug.test(line) && !nobodyThere.test(line));
    },
    close: client.close,
  };
}
