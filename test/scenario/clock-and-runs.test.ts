/** What waits in a run goes on in its time, although the clock of its process was moved meanwhile and set right again. */
import { agentIn } from '../support/azure-state.ts';
import { changeState } from '../support/local-azure.ts';
import { shiftedClock } from '../support/shifted-clock.ts';
import { approvalCard, approve, ask, choices, people, places, shows, untilAzureAnswered } from '../support/story.ts';
import { startWorld, type World } from '../support/world.ts';

const day = 86_400_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

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
