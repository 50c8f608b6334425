import { z } from 'zod';
import { approver, guest, requester, secondApprover, teamMember } from '../../src/local/people.ts';
import { type BotAnswer, cardOf, cardText, type SeenActivity } from './local-teams.ts';
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

/** What the clicker sees: the words of a message, or the visible words of a card. */
export function answered(answer: BotAnswer): string {
  const { type, value } = Answer.parse(answer.body);
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

export const agentId = (name: string, group = 'rg-care-prod'): string =>
  `/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/${group}/providers/Microsoft.HealthBot/healthBots/${name}`;

/** Types something and returns the card that the bot answers with, as the person sees it. */
export async function type(
  world: World,
  person: string,
  text: string,
  place = places.operations,
): Promise<SeenActivity> {
  const before = new Set((await world.teams.activities(place, person)).map((activity) => activity.id));
  const said = await world.teams.say(person, place, text);
  return world.teams.sees(
    place,
    person,
    (activity) =>
      !before.has(activity.id) && activity.conversation.id === said.conversationId && cardOf(activity) !== undefined,
  );
}

/** Fills in the form of `/enable-cmk` up to its review page. */
export async function fillForm(
  world: World,
  choices = { agent: 'triage-agent-prod', vault: 'kv-care-prod', key: 'cmk-triage-agent' },
) {
  const form = await type(world, people.requester, '/enable-cmk');
  const next = (inputs: Record<string, unknown>) =>
    world.teams.click(people.requester, form.id, 'form.next', { inputs });
  await next({ resource: agentId(choices.agent) });
  await next({ vault: choices.vault });
  const review = await next({ key: choices.key });
  return { form, review };
}

export const requestIdIn = (words: string): string => /CMK-[0-9A-Z]{6}/.exec(words)?.[0] ?? '';

/** Submits a form that stands on its review page; returns the request's id. */
export async function submit(
  world: World,
  form: SeenActivity,
  justification = 'Own keys before the audit',
): Promise<string> {
  const inputs = { justification, acknowledgeDataLoss: 'true' };
  return requestIdIn(answered(await world.teams.click(people.requester, form.id, 'form.submit', { inputs })));
}

/** Asks for a key from typing to submitting; returns the request's id. */
export async function ask(world: World, choices?: Parameters<typeof fillForm>[1]): Promise<string> {
  const { form } = await fillForm(world, choices);
  return submit(world, form);
}

/** The card about a request in a place, once it shows the words. */
export const shows = (world: World, place: string, person: string, id: string, words: RegExp, timeoutMs?: number) =>
  world.teams.sees(
    place,
    person,
    (activity) => {
      const text = activityText(activity);
      // The form that asked names the request as well.
      return text.includes(id) && words.test(text) && !/Submitted/.test(text);
    },
    timeoutMs,
  );

export const approvalCard = (world: World, id: string) =>
  shows(world, places.approvals, people.approver, id, /Approval needed/);

export const approve = (
  world: World,
  person: string,
  card: SeenActivity,
  inputs: Record<string, unknown> = { acknowledgeIrreversible: 'true' },
) => world.teams.click(person, card.id, 'request.approve', { inputs });

/** The writes among what Azure was asked; what only reads by POST is none. */
export async function writes(world: World): Promise<readonly string[]> {
  const requests = await world.azureRequests();
  return requests
    .filter(({ method, url }) => ['PUT', 'PATCH', 'DELETE'].includes(method) && !url.includes('/simulator/'))
    .map(
      ({ method, url, status }) =>
        `${method} ${new URL(url, world.azure.url).pathname.split('/').slice(-2).join('/')} ${status}`,
    );
}
