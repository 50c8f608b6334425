/** Measures decisions, one at a time with a pause for the consequences. Baselines: an echo and a committed INSERT. */
import { requestId } from '../test/support/builders/fixtures.ts';
import { type Figure, figureOf, inTurn, timed } from './support/figures.ts';
import { bareInsert, fill, waiting } from './support/fill.ts';
import { type Bench, openGround } from './support/harness.ts';
import { decision, message, send } from './support/people.ts';

const perRound = 40;

export async function clicks(bench: Bench): Promise<readonly Figure[]> {
  const { checkouts, newDatabase, rounds } = bench;
  const ground = await openGround(bench);
  const filled = await newDatabase();
  await fill(bench, filled, 0, (rounds + 2) * perRound, waiting);
  const bots = await Promise.all(checkouts.map(async (one) => ground.startBot(one, await newDatabase(filled))));
  const [echo, insert] = [await ground.startEcho(), await bareInsert(await newDatabase())];
  const least = () => send(echo.url, message(ground, 'hello')).then(insert);
  const works = bots.map(({ url }) => async (n: number) => ({
    ms: await timed(() => send(url, decision(ground, 'reject', requestId(n)), 'Rejected')),
  }));
  const plan = { rounds, perRound, warmUp: 2, pauseMs: 80 };
  const took = await inTurn(plan, [async () => ({ ms: await timed(least) }), ...works]);
  const [baseline = [], ...values] = took('ms');
  return [figureOf('a click that decides: median', 'ms', 'echo and INSERT', ['ratio', '≤', 2.6], values, [baseline])];
}
