import { z } from 'zod';
import type { Fault as SimulatorFault } from '../../../sandbox/azure/fault.ts';
import { approver, guest, requester, secondApprover, teamMember } from '../../../sandbox/people.ts';
import { http } from '../azure/local-azure.ts';
import { type BotAnswer, cardOf, cardText, mostUnsettled, type SeenActivity } from '../teams/local-teams.ts';
import type { World } from './world.ts';

/** What people do in a story, in the words of the chat. */

export const people = {
  requester: requester.id,
  approver: approver.id,
  secondApprover: secondApprover.id,
  teamMember: teamMember.id,
  guest: guest.id,
};

export const places = {
  operations: '19:operations@thread.tacv2',
  approvals: '19:approvals@thread.tacv2',
  group: '19:group@thread.v2',
};

/** What one person reads of an activity before anything is unfolded. */
export const activityText = (activity: SeenActivity): string => `${activity.text ?? ''}${cardText(activity)}`;

const Answer = z.object({ statusCode: z.number(), type: z.string(), value: z.unknown() });

/** What the clicker sees: the words of a message, the visible words of a card, or what was wrong. */
export function answered(answer: BotAnswer): string {
  if (answer.body === undefined) throw new Error(`there was no answer: HTTP ${answer.status}`);
  const { type, value } = Answer.parse(answer.body);
  const problem = z.object({ message: z.string() }).safeParse(value);
  if (problem.success) return problem.data.message;
  return type === 'application/vnd.microsoft.card.adaptive' ? `[card] ${wordsOf(value)}` : String(value);
}

/** What the button of a verb carries on the card that was answered. */
export function buttonData(answer: BotAnswer, verb: string): Record<string, unknown> {
  const find = (node: unknown): Record<string, unknown> | null => {
    if (typeof node !== 'object' || node === null) return null;
    const button = node as { verb?: unknown; data?: Record<string, unknown> };
    if (button.verb === verb && button.data !== undefined) return button.data;
    return (
      Object.values(node)
        .map(find)
        .find((found) => found !== null) ?? null
    );
  };
  const data = find(answer.body);
  if (data === null) throw new Error(`the card has no button ${verb}`);
  return data;
}

/** Every visible text of a card, in reading order. */
export function wordsOf(card: unknown): string {
  if (Array.isArray(card)) return card.map(wordsOf).filter(Boolean).join(' | ');
  if (typeof card !== 'object' || card === null) return '';
  const { text, title, label, refresh: _refresh, data: _data, ...rest } = card as Record<string, unknown>;
  const own = [text, title, label].filter((one) => typeof one === 'string');
  return [...own, ...Object.values(rest).map((inner) => (typeof inner === 'object' ? wordsOf(inner) : ''))]
    .filter(Boolean)
    .join(' | ');
}

/** The seeded pairs that make a request which succeeds. */
export const choices = {
  first: { agent: 'triage-agent-prod', vault: 'kv-care-prod', key: 'cmk-triage-agent' },
  policies: { agent: 'visitor-agent', vault: 'kv-policy-keys', key: 'cmk-policy' },
  test: { agent: 'triage-agent-test', vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' },
};
export interface Choices {
  readonly agent: string;
  readonly vault: string;
  readonly key: string;
}

export const agentId = (name: string, group = 'rg-care-prod'): string =>
  `/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/${group}/providers/Microsoft.HealthBot/healthBots/${name}`;

/** Types something and returns the card that the bot answers with, as the person sees it. */
export async function type(
  world: World,
  person: string,
  text: string,
  place = places.operations,
  timeoutMs?: number,
): Promise<SeenActivity> {
  const before = new Set((await world.teams.activities(place, person)).map((activity) => activity.id));
  const said = await world.teams.say(person, place, text);
  return world.teams.sees(
    place,
    person,
    (activity) =>
      !before.has(activity.id) &&
      activity.conversation.id === said.conversationId &&
      cardOf(activity) !== undefined &&
      // One about an earlier request can come in between.
      !isNotification(activity),
    timeoutMs,
  );
}

/** Types every choice and returns the form once it can be submitted: a card may say first that Azure takes long. */
export async function typeForm(
  world: World,
  typed: string,
  place = places.operations,
  timeoutMs = 20_000,
): Promise<SeenActivity> {
  const { id } = await type(world, people.requester, typed, place, timeoutMs);
  const isForm = (one: SeenActivity) => one.id === id && activityText(one).includes('[Submit');
  return world.teams.sees(place, people.requester, isForm, timeoutMs);
}

export const requestIdIn = (words: string): string => /CMK-[0-9A-Z]{6}/.exec(words)?.[0] ?? '';

/** Submits a form that stands on its review page; returns the request's id. */
export async function submit(
  world: World,
  form: SeenActivity,
  justification = 'Own keys before the audit',
): Promise<string> {
  const inputs = { justification, acknowledgeDataLoss: 'true' };
  await unlessSlow(world, form);
  const said = answered(await world.teams.click(people.requester, form.id, 'form.submit', { inputs }));
  return requestIdIn(isSlow(said) ? activityText(await unlessSlow(world, form)) : said);
}

const isSlow = (words: string): boolean => words.includes('Azure takes longer than usual');

/** The form once Azure has answered: on a busy machine that can take longer than a client waits. */
const unlessSlow = (world: World, { id, conversation }: SeenActivity): Promise<SeenActivity> =>
  world.teams.sees(
    conversation.id.split(';')[0] ?? '',
    people.requester,
    (one) => one.id === id && !isSlow(activityText(one)),
    120_000,
  );

/** Opens the form on its review page by typing every choice. */
export const typeAll = (world: World, { agent, vault, key }: Choices = choices.first, place = places.operations) =>
  type(world, people.requester, `/enable-cmk resource=${agent} vault=${vault} key=${key}`, place);

/** Asks for a key in one line and submits; returns the request's id. */
export async function ask(world: World, choice: Choices = choices.first, justification?: string): Promise<string> {
  const id = await submit(world, await typeAll(world, choice), justification);
  if (id === '') throw new Error(`no request was made:\n${world.printed()}`);
  return id;
}

/** A post that notifies people of a request; it isn't the request's card. */
export const isNotification = (activity: SeenActivity): boolean =>
  JSON.stringify(cardOf(activity) ?? null).includes('"id":"notification"');

/** The card about a request in a place, once it shows the words. */
export const shows = (world: World, place: string, person: string, id: string, words: RegExp, timeoutMs?: number) =>
  world.teams.sees(
    place,
    person,
    (activity) => {
      const text = activityText(activity);
      return cardOf(activity) !== undefined && !isNotification(activity) && text.includes(id) && words.test(text);
    },
    timeoutMs,
  );

export const approvalCard = (world: World, id: string) =>
  shows(world, places.approvals, people.approver, id, /Needs approval/);

export const approve = (
  world: World,
  person: string,
  card: SeenActivity,
  inputs: Record<string, unknown> = { acknowledgeIrreversible: 'true' },
) => world.teams.click(person, card.id, 'request.approve', { inputs });

export type Fault = z.input<typeof SimulatorFault>;

/** A delay that lasts until `mendAzure`: something is done meanwhile, however long that takes. */
export const untilMended = { times: 1, delayMs: 60_000 } as const;

/** Makes Azure misbehave. */
export async function faultAzure(world: World, ...faults: readonly Fault[]): Promise<void> {
  const { status, body } = await http(world.azure, 'POST', '/simulator/faults', { body: faults });
  if (status !== 200) throw new Error(JSON.stringify(body));
}
/** Azure answers as it should again, and what a fault held up goes on. */
export const mendAzure = async (world: World): Promise<void> => {
  await http(world.azure, 'DELETE', '/simulator/faults');
};

export const mendOne = async (world: World, id: string): Promise<void> => {
  await http(world.azure, 'DELETE', `/simulator/faults?id=${encodeURIComponent(id)}`);
};

/** Waits until a condition holds; for what a person cannot see on a card. */
export async function until(holds: () => Promise<boolean>, what: string, timeoutMs = 60_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    // Asking costs both sides more than a moment's waiting costs anybody.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Waits until every fault with a count has been met: what it holds up has arrived then. */
export const untilFaultsAreMet = (world: World): Promise<void> =>
  until(
    async () =>
      (await http(world.azure, 'GET', '/simulator/faults')).body.every((one: Fault) => one.times === undefined),
    'Azure is asked what a fault waits for',
  );

/** Waits until Azure is through with the nth of the writes that match since then, whoever still listens: making a key takes a while. */
export const untilAzureAnswered = (world: World, match: Fault['match'], nth: number, from: number): Promise<void> =>
  until(async () => {
    const since = (await world.azureRequests()).slice(from);
    const matching = since.filter(
      ({ method, url }) =>
        (match.method === undefined || method === match.method) && new RegExp(match.url ?? '', 'i').test(url),
    );
    return matching.length >= nth;
  }, 'Azure ends what it had received');

/** All cards in a place that name the request, as one person sees them; a form that asks for it names it too. */
export async function cardsAbout(
  world: World,
  place: string,
  person: string,
  id: string,
): Promise<readonly SeenActivity[]> {
  for (let looks = 1; ; looks += 1) {
    const seen = await world.teams.activities(place, person);
    const cards = seen.filter(
      (one) => cardOf(one) !== undefined && !isNotification(one) && activityText(one).includes(id),
    );
    // Buttons stand on the reader's own view, which may still be on its way.
    if (looks === mostUnsettled || !cards.some(({ local }) => local.refreshIsDue)) return cards;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The writes among what Azure was asked, from the given number of requests on; what only reads by POST is none. */
export async function writes(world: World, from = 0): Promise<readonly string[]> {
  const requests = (await world.azureRequests()).slice(from);
  return requests
    .filter(({ method, url }) => ['PUT', 'PATCH', 'DELETE'].includes(method) && !url.includes('/simulator/'))
    .map(
      ({ method, url, status }) =>
        `${method} ${new URL(url, world.azure.url).pathname.split('/').slice(-2).join('/')} ${status}`,
    );
}

/** Azure as it was when this was called, to be put back: each request then finds the same agent untouched. */
export async function rememberAzure(world: World): Promise<() => Promise<void>> {
  const { body } = await http(world.azure, 'GET', '/simulator/state');
  return async () => {
    const put = await http(world.azure, 'PUT', '/simulator/state', { body });
    if (put.status !== 200) throw new Error(JSON.stringify(put.body));
  };
}
