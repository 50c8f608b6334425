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
}

/** From one version of the key in use to another: `newest`, `new`, or one by its name. */
export interface Rotation {
  readonly agent: string;
  readonly version: string;
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

/** Types the command and chooses the key; the form then stands on its review. */
export async function openReview(world: World, path: Path | Rotation): Promise<SeenActivity> {
  const types = (text: string) => type(world, people.requester, text, places.operations);
  if ('version' in path) return types(`/rotate-cmk resource=${path.agent} version=${path.version}`);
  const { agent, vault, key } = path;
  const typed = `/enable-cmk resource=${agent} vault=${vault}`;
  if (typeof key === 'string') return types(`${typed} key=${key}`);
  const form = await types(typed);
  if (cardText(form).includes('[Create new key]')) await world.teams.click(people.requester, form.id, 'form.new-key');
  await world.teams.click(people.requester, form.id, 'form.next', { inputs: { ...key } });
  return world.teams.sees(places.operations, people.requester, ({ id }) => id === form.id);
}

/** Asks, has it approved, and waits until it has succeeded. */
export async function follow(world: World, path: Path | Rotation): Promise<Ended> {
  const review = await openReview(world, path);
  const from = (await world.azureRequests()).length;
  const id = await submit(world, review);
  if (id === '') throw new Error(`no request was made:\n${linesOf(review).join('\n')}`);
  const approval = await approvalCard(world, id);
  const words = answered(await approve(world, people.approver, approval));
  if (!words.includes('[card]')) throw new Error(words);
  const end = await shows(world, places.operations, people.requester, id, /Succeeded/);
  return {
    id,
    review: linesOf(review),
    approval: linesOf(approval),
    end: linesOf(end),
    wrote: await writes(world, from),
    azure: await azureState(world),
  };
}
