/** What people do on the cards of one request, and what was said to it. */

import { setTimeout as pause } from 'node:timers/promises';
import { type BotAnswer, cardOf, type SeenActivity } from '../teams/local-teams.ts';
import { activityText, answered, isNotification, people, places } from '../world/story.ts';
import { type Click, roleOf } from './random-lives.ts';
import type { Made } from './request-misfits.ts';
import type { Act, Verb } from './request-model.ts';
import type { Desk } from './troubled-world.ts';

/** What is said where nothing was decided: because nobody could, or because the minute that was chosen has begun meanwhile. */
const undecided = /can’t save anything at the moment|clock is wrong|start is in the past|couldn’t check/;
function saidWholly(answer: BotAnswer): string | null {
  if (answer.status !== 200) return null;
  try {
    return answered(answer);
  } catch {
    return null;
  }
}

/** What was said, in its first words; null: nothing, or that nothing could be decided. */
function saidBy(answer: BotAnswer): string | null {
  const words = saidWholly(answer);
  return words === null || undecided.test(words) ? null : words.slice(0, 120);
}

const inputsOf: Readonly<Partial<Record<Verb, Record<string, string>>>> = {
  approve: { acknowledgeIrreversible: 'true' },
  reject: { comment: 'Not this one' },
  'give-up': { reason: 'Nobody waits for it' },
};

/** The next full minute that is not about to begin, as whoever chooses it sees it, and as it is stored. */
export function nextMinute(): { readonly inputs: Record<string, string>; readonly start: string } {
  const at = new Date(Math.ceil((Date.now() + 4_000) / 60_000) * 60_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const startDay = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return { inputs: { startDay, startTime: `${two(at.getHours())}:${two(at.getMinutes())}` }, start: at.toISOString() };
}

export class LifeClicks {
  readonly made: Made[] = [];
  private readonly desk: Desk;
  private readonly id: string;

  constructor(desk: Desk, id: string) {
    [this.desk, this.id] = [desk, id];
  }

  /** The same click so many times at once, as of somebody who taps again and a client that tries again. */
  async clicked({ verb, times, afterMs, putsOff }: Click, who: string, asking: number): Promise<void> {
    await pause(afterMs);
    const chosen = verb === 'approve' && putsOff ? nextMinute() : { inputs: {}, start: null };
    const act: Act = { person: who, verb, asking };
    await Promise.all(Array.from({ length: times }, (_, n) => this.click(act, `tap ${n % 2 === 0 ? 0 : n}`, chosen)));
  }

  async click(
    act: Act,
    tap: string,
    { inputs, start }: { readonly inputs: object; readonly start: string | null } = { inputs: {}, start: null },
  ): Promise<void> {
    const card = await this.someCard(act.person);
    if (card === null) return;
    const from = (await this.desk.record(this.id)).length;
    const answer = await this.send(act.person, card, `request.${act.verb}`, {
      inputs: { ...inputsOf[act.verb], ...inputs },
      data: { requestId: this.id, revision: act.asking },
      invokeId: `${this.id} ${act.person} ${act.verb} ${act.asking} ${tap} ${from}`,
    });
    const [said, at] = [saidBy(answer), new Date().toISOString()];
    const to = (await this.desk.record(this.id)).length;
    this.made.push({ ...act, start, from, to, said, role: roleOf(act.person), at });
  }

  private send(person: string, { id }: { readonly id: string }, verb: string, more: object): Promise<BotAnswer> {
    const { teams } = this.desk.world;
    return teams.click(person, id, verb, more).catch((): BotAnswer => ({ status: 0, body: null }));
  }

  /** Whoever clicks does so on a card that names the request; null where there is none. */
  private async someCard(person: string): Promise<SeenActivity | null> {
    const place = person === people.requester || person === people.teamMember ? places.operations : places.approvals;
    const seen = await this.desk.world.teams.activities(place, person);
    const isCard = (one: SeenActivity) => cardOf(one) !== undefined && !isNotification(one);
    return seen.find((one) => isCard(one) && activityText(one).includes(this.id)) ?? null;
  }
}
