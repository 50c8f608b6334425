/** What waits in a run goes on in its time, although the clock of its process was moved meanwhile and set right again. */
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { type Balancer, startBalancer } from '../support/processes/balancer.ts';
import { shiftedClock } from '../support/processes/shifted-clock.ts';
import { startPostgres } from '../support/store/postgres.ts';
import { azureState } from '../support/world/path.ts';
import {
  agentId,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendOne,
  people,
  places,
  shows,
  until,
  untilAzureAnswered,
} from '../support/world/story.ts';
import { startWorld, type World } from '../support/world/world.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.stop());

const day = 86_400_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isReady = async (url: string): Promise<boolean> => (await fetch(`${url}/readyz`)).status === 200;

const clock = shiftedClock();
afterAll(() => clock.remove());

describe('a run that waits for its next look', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: { ...clock.env, CMK_RETRY_FIRST_WAIT: '3s' } });
  });
  afterAll(() => world?.end());

  // Ahead while a wait begins, and behind while one ends: either would last for days.
  it.each([
    ['ahead', 4 * day, choices.first],
    ['behind', -2 * day, choices.policies],
  ])('looks again in seconds, although the clock was %s meanwhile', async (_how, ms, choice) => {
    const match = { method: 'GET', url: `healthBots/${choice.agent}\\?` };
    const setState = (provisioningState: string) =>
      changeState(world.azure, (state) => {
        agentIn(state, choice.agent).provisioningState = provisioningState;
      });
    const id = await ask(world, choice);
    const card = await approvalCard(world, id);
    // Somebody else's operation on the agent, which a run waits for.
    await setState('Updating');
    const from = (await world.azureRequests()).length;
    await approve(world, people.approver, card);
    await untilAzureAnswered(world, match, 1, from);
    await pause(1_000);
    clock.shift(ms);
    await pause(3_500);
    clock.shift(0);
    await setState('Succeeded');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });
});

(postgres === null ? describe.skip : describe)('a run whose replica is killed', () => {
  let world: World;
  let balancer: Balancer;
  beforeAll(async () => {
    world = await startWorld({ env: { DATABASE_URL: (await postgres?.newDatabase()) ?? '' } });
    await world.endBot('SIGINT');
    balancer = await startBalancer(Number(new URL(world.botUrl).port));
  });
  afterAll(async () => {
    await balancer?.close();
    await world?.end();
  });

  it('is taken over by one whose clock had been ahead for a moment', async () => {
    const one = await world.startReplica('one', clock.env);
    const two = await world.startReplica('two');
    clock.shift(4 * day);
    await until(async () => !(await isReady(one.url)), 'it notices');
    await pause(2_500);
    clock.shift(0);
    await until(() => isReady(one.url), 'it is ready again');
    // The run is the one's that is clicked at.
    balancer.to.add(two.url);
    const match = { method: 'PATCH', url: `${agentId('triage-agent-test', 'rg-care-test')}\\?` };
    await faultAzure(world, { id: 'hold', match, operation: { takesMs: 'for-ever' } });
    const id = await ask(world, choices.test);
    await approve(world, people.approver, await approvalCard(world, id));
    const isHeld = async () => agentIn(await azureState(world), 'triage-agent-test').provisioningState === 'Accepted';
    await until(isHeld, 'Azure is at work on the agent');
    await two.end('SIGKILL');
    balancer.to.delete(two.url);
    balancer.to.add(one.url);
    await mendOne(world, 'hold');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });
});
