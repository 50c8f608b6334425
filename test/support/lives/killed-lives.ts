/** Lives of requests in which the bot is killed at one of its commits, and what is left of them. */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { SeenActivity } from '../teams/local-teams.ts';
import {
  activityText,
  answered,
  approvalCard,
  cardsAbout,
  people,
  places,
  rememberAzure,
  shows,
  submitAgain,
  typeForm,
  writes,
} from '../world/story.ts';
import { startWorld, type World } from '../world/world.ts';

export interface Story {
  readonly name: string;
  readonly typed: string;
  /** What Azure did, in order; ids of assignments left out. */
  readonly effects: readonly string[];
}

const underKey = [
  'PATCH healthBots/triage-agent-prod 201',
  'PUT roleAssignments/* 201',
  'PATCH vaults/kv-care-prod 200',
  'PATCH healthBots/triage-agent-prod 201',
];

/** Azure is put back before each life: nothing is left of the changes before. A repair restores what an earlier request set. */
export const stories = {
  enabling: {
    name: 'enabling',
    typed: '/enable-cmk resource=triage-agent-prod vault=kv-care-prod key=cmk-triage-agent',
    effects: underKey,
  },
  rotating: {
    name: 'rotating',
    typed: '/rotate-cmk resource=virtual-visit-agent version=newest',
    effects: ['PATCH healthBots/virtual-visit-agent 201'],
  },
  /** Its approved state is the request of `enabling`, which comes first. */
  repairing: { name: 'repairing', typed: '/repair-cmk resource=triage-agent-prod', effects: underKey },
} as const satisfies Readonly<Record<string, Story>>;

/** `null`: nobody is killed. */
export type KillPoint = { readonly at: number; readonly side: 'before' | 'after' } | null;

export interface Left {
  readonly id: string;
  readonly killed: boolean;
  readonly effects: readonly string[];
  /** Cards that show the request, in both channels. */
  readonly cards: number;
  /** Those among them that do not say how it ended. */
  readonly stale: number;
  /** Posts that call somebody by name. */
  readonly calls: number;
}

export type Killing = Awaited<ReturnType<typeof startKilling>>;

const hook = pathToFileURL(fileURLToPath(new URL('../processes/kill-at-commit.js', import.meta.url))).href;
const inputsOf = {
  submit: { justification: 'Own keys', acknowledgeDataLoss: 'true' },
  approve: { acknowledgeIrreversible: 'true' },
};

/** A world whose bot is killed where a file says so. */
export async function startKilling(file: string, env: NodeJS.ProcessEnv) {
  const plan = (text: string): void => writeFileSync(file, text);
  plan('off');
  const world = await startWorld({
    env: { ...env, CMK_TEST_KILL: file, NODE_OPTIONS: `--import=${hook}` },
  });
  const putBack = await rememberAzure(world);

  /** Does it again after each death, and a few times more, as a person would whose click was answered by nobody. */
  async function survive<T>(step: () => Promise<T>, onDeath: () => void): Promise<T> {
    for (let alive = 0; ; ) {
      const died = world.untilBotEnds().then(() => 'died' as const);
      const tried = step().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      const outcome = await Promise.race([tried, died]);
      if (outcome !== 'died' && 'value' in outcome) return outcome.value;
      const gone = outcome === 'died' || (await Promise.race([died, pause(2_000)])) === 'died';
      if (!gone) {
        alive += 1;
        if (alive === mostTries) throw outcome.error;
        continue;
      }
      plan('off');
      onDeath();
      await world.startBot();
    }
  }

  /** A late commit can end the bot after the life that it was meant for. */
  async function revive(): Promise<void> {
    const died = world.untilBotEnds().then(() => 'died' as const);
    if ((await Promise.race([died, pause(100)])) === 'died') await world.startBot();
  }

  async function live(story: Story, point: KillPoint): Promise<Left> {
    await putBack();
    await revive();
    const from = (await world.azureRequests()).length;
    writeFileSync(`${file}.log`, '');
    let deaths = 0;
    const through = <T>(step: () => Promise<T>) =>
      survive(step, () => {
        deaths += 1;
      });
    plan(point === null ? 'count' : `${point.at} ${point.side}`);
    const form = await through(() => typeForm(world, story.typed));
    const id = await through(() => submitAgain(world, form, inputsOf.submit, `submit ${form.id}`));
    const card = await through(() => approvalCard(world, id));
    await through(async () => {
      const more = { inputs: inputsOf.approve, invokeId: `approve ${id}` };
      answered(await world.teams.click(people.approver, card.id, 'request.approve', more));
    });
    for (const place of [places.operations, places.approvals])
      await through(() => shows(world, place, people.approver, id, /Succeeded/));
    await through(async () => settled(world));
    plan('off');
    return { id, killed: deaths > 0, ...(await leftOf(world, id, from)) };
  }
  return {
    world,
    live,
    /** What was committed in the last life, a line each. */
    commits: async () => (await readFile(`${file}.log`, 'utf8')).split('\n').filter((line) => line !== ''),
  };
}

/** On a machine that is held up an answer may come too late. */
const mostTries = 4;

/** The bot has nothing more to show or to say: a death that comes late would not be met otherwise. */
async function settled(world: World): Promise<void> {
  for (let quiet = 0, looks = 0; quiet < 3 && looks < 100; looks += 1) {
    const figures = await (await fetch(`${world.botUrl}/metrics`)).text();
    quiet = /^cmk_outbox_age_seconds 0$/m.test(figures) ? quiet + 1 : 0;
    await pause(150);
  }
}

/** What Azure did from that request on, without ids. What was cut off before it did anything stands in its log with status 0. */
export const effectsSince = async (world: World, from: number): Promise<readonly string[]> =>
  (await writes(world, from))
    .filter((write) => !write.endsWith(' 0'))
    .map((effect) => effect.replace(/[0-9a-f-]{36}/, '*'));

async function leftOf(world: World, id: string, from: number) {
  const effects = await effectsSince(world, from);
  const cards = await cardsInTheEnd(world, id);
  const said = (
    await Promise.all(
      [places.operations, places.approvals].map((place) => world.teams.activities(place, people.approver)),
    )
  ).flat();
  const calls = said.filter((one) => (one.text ?? '').includes('<at>') && activityText(one).includes(id)).length;
  return { effects, cards: cards.length, stale: cards.filter(isStale).length, calls };
}

const isStale = (card: SeenActivity): boolean => !/Succeeded/.test(activityText(card));
/** A card that was posted and not stored is adopted within 12 seconds after a person saw it; a busy machine takes longer. */
const adoptionMs = 60_000;

/** The request's cards in both channels, once each of them shows how it ended, or the time for that is over. */
async function cardsInTheEnd(world: World, id: string): Promise<readonly SeenActivity[]> {
  for (const until = Date.now() + adoptionMs; ; await pause(500)) {
    const cards = await Promise.all(
      [places.operations, places.approvals].map((place) => cardsAbout(world, place, people.approver, id)),
    );
    if (Date.now() > until || !cards.flat().some(isStale)) return cards.flat();
  }
}
