/** A request from its typing to its end, and what Azure holds then. */
import { z } from 'zod';
import type { AzureState } from '../azure/azure-state.ts';
import { http } from '../azure/local-azure.ts';
import { cardText, type SeenActivity } from '../teams/local-teams.ts';
import { answered, approvalCard, approve, people, places, shows, submit, type, writes } from './story.ts';
import type { World } from './world.ts';

interface NewKeyInputs {
  readonly newKeyName: string;
  readonly keyType: string;
  readonly keySize: string;
  readonly keyExpiry: string;
}

export interface Path {
  readonly agent: string;
  readonly vault: string;
  readonly key: string | NewKeyInputs;
  /** Where it is asked; the operations channel unless told otherwise. */
  readonly place?: string;
}

/** From one version of the key in use to another: `newest`, `new`, or one by its name. */
export interface Rotation {
  readonly agent: string;
  readonly version: string;
  readonly place?: string;
}

/** The seeded agent under a customer's key, to a version that the run makes. */
export const rotation: Rotation = { agent: 'virtual-visit-agent', version: 'new' };

export interface Ended {
  readonly id: string;
  /** Lines of the review, of the approval card and of the card at the end, folded ones included. */
  readonly review: readonly string[];
  readonly approval: readonly string[];
  readonly end: readonly string[];
  /** A line a write: `PATCH healthBots/x 201`. */
  readonly wrote: readonly string[];
  readonly azure: AzureState;
}

export const linesOf = (card: SeenActivity): readonly string[] =>
  cardText(card, { folded: true })
    .split('\n')
    .map((line) => line.trim());

export const azureState = async (world: World): Promise<AzureState> =>
  z.custom<AzureState>().parse((await http(world.azure, 'GET', '/simulator/state')).body);

export async function cardNow(world: World, card: SeenActivity, person: string, place: string): Promise<SeenActivity> {
  const found = (await world.teams.activities(place, person)).find((one) => one.id === card.id);
  if (found === undefined) throw new Error('the card is gone');
  return found;
}

/** Types the command and chooses the key; the form then stands on its review. */
export async function openReview(world: World, path: Path | Rotation): Promise<SeenActivity> {
  const { agent, place = places.operations } = path;
  if ('version' in path) {
    return type(world, people.requester, `/rotate-cmk resource=${agent} version=${path.version}`, place);
  }
  const { vault, key } = path;
  const typed = `/enable-cmk resource=${agent} vault=${vault}`;
  if (typeof key === 'string') return type(world, people.requester, `${typed} key=${key}`, place);
  const form = await type(world, people.requester, typed, place);
  if (cardText(form).includes('[Create new key]')) await world.teams.click(people.requester, form.id, 'form.new-key');
  await world.teams.click(people.requester, form.id, 'form.next', { inputs: { ...key } });
  return cardNow(world, form, people.requester, place);
}

/** Asks, has it approved by the others who are named, and waits until it has succeeded. */
export async function follow(
  world: World,
  path: Path | Rotation,
  approvers: readonly string[] = [people.approver],
): Promise<Ended> {
  const { place = places.operations } = path;
  const review = await openReview(world, path);
  const from = (await world.azureRequests()).length;
  const id = await submit(world, review);
  if (id === '') throw new Error(`no request was made:\n${linesOf(review).join('\n')}`);
  const approval = await approvalCard(world, id);
  for (const person of approvers) {
    const words = answered(await approve(world, person, await approvalCard(world, id)));
    if (!words.includes('[card]')) throw new Error(words);
  }
  const end = await shows(world, place, people.requester, id, /Succeeded/);
  return {
    id,
    review: linesOf(review),
    approval: linesOf(approval),
    end: linesOf(end),
    wrote: await writes(world, from),
    azure: await azureState(world),
  };
}
