/** Measures turns per second, 16 in parallel, of everyone with read access. Baseline: an echo. */
import { approver, requester, secondApprover, teamMember } from '../src/sandbox/people.ts';
import { type Figure, figureOf, inTurn, timed } from './support/figures.ts';
import { type Bench, openGround } from './support/harness.ts';
import { drive, message, send } from './support/people.ts';

const readers = [requester, approver, secondApprover, teamMember];
const floors = { '/cmk-help': 0.7, '/cmk-requests': 0.45 };
const [atOnce, count] = [16, 2_000];

export async function turns(bench: Bench): Promise<readonly Figure[]> {
  const { checkouts, newDatabase, rounds } = bench;
  const ground = await openGround(bench);
  const echo = await ground.startEcho();
  const bots = await Promise.all(checkouts.map(async (checkout) => ground.startBot(checkout, await newDatabase())));
  const figures: Figure[] = [];
  for (const [text, floor] of Object.entries(floors)) {
    const works = [echo, ...bots].map(({ url }) => async () => {
      const say = (n: number) => send(url, message(ground, text, readers[n % readers.length]));
      return { perSecond: (count * 1_000) / (await timed(() => drive(count, atOnce, say))) };
    });
    const [baseline = [], ...values] = (await inTurn({ rounds }, works))('perSecond');
    figures.push(figureOf(`turns: ${text}`, 'per second', 'echo', ['ratio', '≥', floor], values, [baseline]));
  }
  return figures;
}
