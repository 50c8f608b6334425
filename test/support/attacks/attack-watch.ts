/** What must stay as it is while a world is attacked: its record, and a log without bugs. */
import { queryStore, type World } from '../world/world.ts';

/** Whoever could forge a conversation that Teams has never heard of is answered by Teams. */
const nobodyThere = /"code":"ConversationNotFound"/;
const bug = /unexpected error|unhandled|uncaught|TypeError|RangeError|ReferenceError/i;

/** Where the audit log ends. */
export const recordHead = (world: World) => queryStore(world, 'select seq::int, hash from cmk.chain_head');

/** What the log says that a bug alone would bring about. */
export const bugsIn = (world: World): readonly string[] =>
  world
    .printed()
    .split('\n')
    .filter((line) => bug.test(line) && !nobodyThere.test(line));
