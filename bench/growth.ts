/** Measures how response times grow with agents, approvers, events or open requests: one bot for each size. */
import { approver } from '../sandbox/people.ts';
import { changeState } from '../test/support/azure/local-azure.ts';
import { requestId } from '../test/support/builders/fixtures.ts';
import { type Figure, grow, percentile, sizes, timed } from './support/figures.ts';
import { type Commands, connect, fill, rejected, until, waiting } from './support/fill.ts';
import { agentName, type Bench, type Ground, openGround } from './support/harness.ts';
import { decision, message, review, search, send } from './support/people.ts';

const plan = { rounds: 5, perRound: 5 };
const samples = (plan.rounds + 1) * plan.perRound;
const type = (ground: Ground, url: string, text: string) => timed(() => send(url, message(ground, text)));

/** `perRequest`: how many items a request adds. */
const growthOfRequests = (over: string, perRequest: number, commands: Commands) => async (bench: Bench) => {
  const ground = await openGround(bench);
  const filled = await bench.newDatabase();
  let count = 0;
  return grow(bench, {
    over,
    plan,
    same: ['/cmk-requests', '/cmk-history', '/metrics', 'a click that decides'],
    each: ['start'],
    async open(size, checkout) {
      await fill(bench, filled, count, size / perRequest, commands);
      count = size / perRequest;
      const database = await bench.newDatabase(filled);
      await fill(bench, database, count, count + samples, waiting);
      const first = await ground.startBot(checkout, database);
      await first.end('SIGINT');
      return { ...(await ground.startBot(checkout, database)), before: count };
    },
    async sample({ url, readyAfterMs, before }, n) {
      const reject = () => send(url, decision(ground, 'reject', requestId(before + n)), 'Rejected');
      const clicked = { 'a click that decides': await timed(reject), start: readyAfterMs };
      const metrics = await timed(async () => (await fetch(`${url}/metrics`)).text());
      const requests = await type(ground, url, '/cmk-requests');
      const history = await type(ground, url, '/cmk-history');
      return { ...clicked, '/metrics': metrics, '/cmk-requests': requests, '/cmk-history': history };
    },
  });
};
export const growthRequests = growthOfRequests('open requests', 1, waiting);
export const growthEvents = growthOfRequests('events', 2, rejected);

const group = 'b0000000-0000-4000-8000-00000000000d';

async function addApprovers({ azure }: Ground, count: number): Promise<void> {
  const ids = Array.from({ length: count - 1 }, (_, n) => `51000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
  await changeState(azure, (state) => {
    for (const id of ids) state.users.push({ id, displayName: id, mail: `${id}@example.com`, userType: 'Member' });
    state.groups.push({ id: group, displayName: 'Approvers', memberIds: [approver.id, ...ids] });
  });
}

export const growthApprovers = (bench: Bench): Promise<readonly Figure[]> =>
  grow(bench, {
    over: 'approvers',
    plan: { rounds: 5, perRound: 2 },
    each: [],
    same: ['a submission', 'until all are notified', 'a refresh', 'a click that decides'],
    async open(size, checkout) {
      const ground = await openGround(bench, samples);
      const database = await bench.newDatabase();
      await addApprovers(ground, size);
      const { url } = await ground.startBot(checkout, database, { CMK_APPROVERS: group });
      return { ground, url, pool: connect(database) };
    },
    async sample({ ground, url, pool }, n) {
      const submit = await review(ground, url, n);
      const began = performance.now();
      const id = await submit();
      const submitted = performance.now() - began;
      await until(pool, 0, "pgboss.job where data->>'kind' in ('show', 'call')");
      const notified = performance.now() - began;
      const click = (verb: 'refresh' | 'reject') => timed(() => send(url, decision(ground, verb, id), id));
      const clicks = { 'a refresh': await click('refresh'), 'a click that decides': await click('reject') };
      return { 'a submission': submitted, 'until all are notified': notified, ...clicks };
    },
  });

/** A bot caches the agents for a minute, so all places are measured before one is repeated. */
export const growthAgents = (bench: Bench): Promise<readonly Figure[]> =>
  grow(bench, {
    over: 'agents',
    plan: { rounds: 2, warmUp: 0, pauseMs: 61_000 / (sizes.length * bench.checkouts.length) },
    same: ['choices for the same letters'],
    each: ['/cmk-status', 'choices for new letters', 'a form'],
    async open(size, checkout) {
      const ground = await openGround(bench, size);
      return { ground, url: (await ground.startBot(checkout, await bench.newDatabase())).url };
    },
    async sample({ ground, url }, n) {
      const choose = () => timed(() => send(url, search(ground, agentName(n).slice(-3))));
      const first = await choose();
      const again = [await choose(), await choose(), await choose()];
      const choices = { 'choices for new letters': first, 'choices for the same letters': percentile(again, 0.5) };
      const form = await type(ground, url, '/enable-cmk');
      return { '/cmk-status': await type(ground, url, '/cmk-status'), 'a form': form, ...choices };
    },
  });
