/**
 * What a tenant's agents cost as they become more: a picture of all, choices while somebody types, a form's first page; beside
 * what Resource Graph by itself takes for it. The tenants stand side by side, each with a bot of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { requester } from '../src/local/people.ts';
import { addAgents } from './support/agents.ts';
import { agentsWith, bareGraph, everyAgent, firstAgents } from './support/bare-graph.ts';
import type { Child } from './support/child.ts';
import { compare, type Figure, type Measured } from './support/figures.ts';
import { botMemory, chartOf, type Growing, inTurn, linear, steady, Took, timed, weigh } from './support/growing.ts';
import { type Load, openLoad, wellSent } from './support/load.ts';
import { activityOf, type Ground, openGround } from './support/product.ts';
import { openTyping, type TypingTook } from './support/typing.ts';

/** For so long a look at all agents is kept. */
const keptMs = 61_000;
const [status, pages, first, again, form, query] = [
  '/cmk-status',
  'all pages of Resource Graph',
  'choices for new letters',
  'choices for the same again',
  'first page of a form',
  'one query',
] as const;

interface Tenant {
  readonly ground: Ground;
  readonly bot: Child;
  readonly load: Load;
  readonly bare: (query: string) => Promise<void>;
  say(text: string): Promise<void>;
  close(): Promise<void>;
}

async function openTenant(databaseUrl: string, agents: number): Promise<Tenant> {
  const ground = await openGround();
  await addAgents(ground.azure, agents);
  const bot = await ground.start(databaseUrl, { CMK_ANCHOR: 'none' });
  const load = openLoad(1);
  return {
    ground,
    bot,
    load,
    bare: await bareGraph(ground),
    say: (text) => wellSent(load, bot.url, activityOf(ground.connector, requester, { text })),
    async close() {
      load.close();
      await bot.end('SIGKILL');
      await ground.close();
    },
  };
}

/** What takes moments. */
async function short(tenants: readonly Tenant[], took: Took): Promise<void> {
  const typing = tenants.map(({ ground, bot, load, bare }) =>
    openTyping(ground, load, bot.url, (part) => bare(agentsWith(part))),
  );
  const all: TypingTook[][] = tenants.map(() => []);
  for (let n = -5; n < 15; n += 1)
    for (const [index, sample] of typing.entries()) {
      const one = await sample(n);
      if (n >= 0) all[index]?.push(one);
    }
  const part = (of: keyof TypingTook) => all.map((samples) => samples.map((one) => one[of]));
  took.set(query, part('query'));
  took.set(first, part('first'));
  took.set(again, part('again'));
  const often = { warmUp: 5, samples: 15 };
  const forms = await inTurn(
    often,
    tenants.map(
      ({ say }) =>
        () =>
          say('/enable-cmk'),
    ),
  );
  took.set(form, forms);
  took.set(
    `${form}: query`,
    await inTurn(
      often,
      tenants.map(
        ({ bare }) =>
          () =>
            bare(firstAgents),
      ),
    ),
  );
}

/** A picture of all agents: in each round once in every tenant, after what was kept of the last one is gone. */
async function pictures(tenants: readonly Tenant[], rounds: number, took: Took): Promise<void> {
  const [ours, bare]: [number[][], number[][]] = [tenants.map(() => []), tenants.map(() => [])];
  for (const tenant of tenants) await tenant.say(status);
  for (let round = 0; round < rounds; round += 1) {
    await sleep(keptMs);
    for (const [index, tenant] of tenants.entries()) {
      bare[index]?.push(await timed(() => tenant.bare(everyAgent)));
      ours[index]?.push(await timed(() => tenant.say(status)));
    }
  }
  took.set(status, ours);
  took.set(pages, bare);
  weigh(
    took,
    tenants.map(({ bot }) => bot),
  );
}

function figuresOf(growing: Growing, took: Took): readonly Figure[] {
  const beside = (what: string, least: string): Figure => {
    const [ours = [], baseline = []] = [took.of(what).at(-1), took.of(least).at(-1)];
    const rounds = ours.map((value, index) => ({ ours: value, baseline: baseline[index] ?? Number.NaN }));
    const agents = growing.sizes.at(-1)?.toLocaleString('en');
    return compare(`${what} with ${agents} agents, beside Resource Graph`, 'ms', rounds, least, { atMost: 1.3 });
  };
  return [
    linear(status, growing, took.of(status)),
    beside(status, pages),
    linear(first, growing, took.of(first)),
    steady(again, growing, took.of(again)),
    linear(form, growing, took.of(form)),
    beside(form, `${form}: query`),
    steady(botMemory, growing, took.of(botMemory), 'MB'),
  ];
}

export async function growthAgents(
  newDatabase: () => Promise<string>,
  sizes: readonly number[],
  rounds: number,
): Promise<Measured> {
  const took = new Took();
  const tenants: Tenant[] = [];
  try {
    for (const size of sizes) tenants.push(await openTenant(await newDatabase(), size));
    await short(tenants, took);
    await pictures(tenants, rounds, took);
  } finally {
    for (const tenant of tenants) await tenant.close();
  }
  const growing: Growing = { over: 'agents', sizes };
  return {
    name: 'growth-agents',
    figures: figuresOf(growing, took),
    growth: [chartOf(growing, took, [status, pages, first, query, form, again])],
  };
}
