/**
 * What a group costs whose members may decide, as it has more of them: a submission that calls them, a look at the card, a
 * decision; and reading the group from the directory, which happens every few minutes and not for a click.
 */
import { connectAzure } from '../src/azure/azure.ts';
import { optionsForAzure } from '../src/config/azure-from-config.ts';
import { readConfig } from '../src/config/read-config.ts';
import { type Deciders, groupId, openDeciders } from './support/deciders.ts';
import type { Measured } from './support/figures.ts';
import { chartOf, type Growing, inTurn, linear, steady, Took, timed } from './support/growing.ts';

const [submit, called, look, decide] = [
  'a submission is answered',
  'until all are called',
  'a look at the card',
  'a click that decides',
] as const;
const read = 'the group is read';
const questions = [submit, called, look, decide] as const;
const [warmUp, samples] = [4, 12];

type Lives = Record<(typeof questions)[number], number>;

/** One request from its form to its rejection. */
async function live(deciders: Deciders, agent: number): Promise<Lives> {
  const submitted = await deciders.fillForm(agent);
  const began = performance.now();
  const request = await submitted();
  const answered = performance.now() - began;
  await deciders.allTold();
  const told = performance.now() - began;
  const looked = await timed(() => deciders.look(request));
  const decided = await timed(() => deciders.reject(request));
  await deciders.allTold();
  return { [submit]: answered, [called]: told, [look]: looked, [decide]: decided };
}

function reading({ ground }: Deciders): () => Promise<void> {
  const { groups } = connectAzure(optionsForAzure(readConfig(ground.settings(null, 1))));
  return async () => {
    const found = await groups.look(groupId);
    if (!found.ok) throw new Error(`reading the group: ${JSON.stringify(found.failure)}`);
  };
}

async function measured(all: readonly Deciders[], took: Took): Promise<void> {
  const lives: Lives[][] = all.map(() => []);
  for (let sample = -warmUp; sample < samples; sample += 1)
    for (const [index, deciders] of all.entries()) {
      const one = await live(deciders, sample + warmUp + 1);
      if (sample >= 0) lives[index]?.push(one);
    }
  for (const question of questions)
    took.set(
      question,
      lives.map((some) => some.map((one) => one[question])),
    );
  took.set(read, await inTurn({ warmUp: 3, samples }, all.map(reading)));
}

/** The bots stand side by side, each with a local Azure of its own. */
export async function growthApprovers(newDatabase: () => Promise<string>, sizes: readonly number[]): Promise<Measured> {
  const took = new Took();
  const all: Deciders[] = [];
  try {
    for (const size of sizes) all.push(await openDeciders(await newDatabase(), size, warmUp + samples));
    await measured(all, took);
  } finally {
    for (const deciders of all) await deciders.close();
  }
  const growing: Growing = { over: 'approvers', sizes };
  return {
    name: 'growth-approvers',
    figures: [
      ...questions.map((question) => steady(question, growing, took.of(question))),
      linear(read, growing, took.of(read)),
    ],
    growth: [chartOf(growing, took, [...questions, read])],
  };
}
