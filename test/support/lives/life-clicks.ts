/** What people do on the cards of one request, and what was said to it. */

import { setTimeout as pause } from 'node:timers/promises';
import { type BotAnswer, cardOf, type SeenActivity } from '../teams/local-teams.ts';
import { activityText, answered, buttonData, isNotification, people, places } from '../world/story.ts';
import type { DeskRights } from './desk-rights.ts';
import type { Click } from './random-lives.ts';
import type { Made } from './request-misfits.ts';
import { type Act, statesOf, type Verb } from './request-model.ts';
import { type Desk, keys } from './troubled-world.ts';

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

const isOpened = (said: string | null): boolean => said !== null && /^\[card\]|^The form is below/.test(said);

/** The key that a review shows under *To*; null where it is no review. */
const keyIn = (words: string): string | null =>
  /You’re editing CMK-/.test(words) ? (/\bTo\W+([\w-]+)/.exec(words)?.[1] ?? null) : null;

/** A change was decided on; else its form shows Azure as it is now, and waits. */
const decidedChange =
  /Edited|no longer waits|edited in the meantime|already edited \d+ times|has already changed Azure/;

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
const noStart = { inputs: { startDay: '', startTime: '' }, start: null };

interface Kept extends Pick<Made, 'from' | 'start' | 'key'> {
  readonly act: Act;
  readonly sinceMs: number;
}

export class LifeClicks {
  readonly made: Made[] = [];
  private readonly desk: Desk;
  private readonly rights: DeskRights;
  private readonly id: string;
  /** One person fills in one form at a time. */
  private changing: Promise<void> = Promise.resolve();
  private changes = 0;

  constructor(desk: Desk, rights: DeskRights, id: string) {
    [this.desk, this.rights, this.id] = [desk, rights, id];
  }

  /** The same click so many times at once, as of somebody who taps again and a client that tries again. */
  async clicked(
    { verb, person, times, afterMs, putsOff, otherKey }: Click,
    who: string,
    asking: number,
  ): Promise<void> {
    await pause(afterMs);
    const act: Act = { person: who, verb, asking };
    if (verb === 'change' && person === 'requester') {
      this.changing = this.changing.then(() => this.change(act, times, { putsOff, otherKey }));
      return this.changing;
    }
    const chosen = verb === 'approve' && putsOff ? nextMinute() : { inputs: {}, start: null };
    const taps = Array.from({ length: times }, (_, n) => this.click(act, n % 2 === 0 ? 'tap' : `tap ${n}`, chosen));
    await Promise.all(taps);
  }

  async click(
    act: Act,
    tap: string,
    chosen: { readonly inputs: Record<string, string>; readonly start: string | null } = { inputs: {}, start: null },
  ): Promise<string | null> {
    const card = await this.someCard(act.person);
    if (card === null) return null;
    const kept = { act, start: chosen.start, key: null, ...(await this.before()) };
    const answer = await this.send(act.person, card, `request.${act.verb}`, {
      inputs: { ...inputsOf[act.verb], ...chosen.inputs },
      data: { requestId: this.id, revision: act.asking },
      invokeId: `${this.id} ${act.person} ${act.verb} ${act.asking} ${tap} ${kept.from}`,
    });
    const said = saidBy(answer);
    // A form that is opened decides nothing yet.
    const opens = act.verb === 'change' && isOpened(said);
    if (!opens || act.person !== people.requester) await this.keep(kept, said);
    return said;
  }

  /** Opens the form of the request, changes the reason, and with it key or start, and submits it so many times at once. */
  private async change(
    act: Act,
    times: number,
    { putsOff, otherKey }: { readonly putsOff: boolean; readonly otherKey: boolean },
  ): Promise<void> {
    const said = await this.click(act, 'tap');
    if (!isOpened(said)) return;
    const form = await this.form();
    if (form === null) return;
    const key = otherKey ? await this.chooseOtherKey(form.id) : form.key;
    this.changes += 1;
    const { inputs, start } = putsOff ? nextMinute() : noStart;
    const more = { inputs: { justification: `Change ${this.changes}`, acknowledgeDataLoss: 'true', ...inputs } };
    const submitted: Act = { ...act, asking: await this.desk.formAsking(form.formId), form: form.formId };
    const submit = async (): Promise<void> => {
      const kept = { act: submitted, start, key, ...(await this.before()) };
      const words = saidBy(await this.send(act.person, form, 'form.submit', more));
      await this.keep(kept, words !== null && decidedChange.test(words) ? words : null);
    };
    await Promise.all(Array.from({ length: times }, submit));
  }

  /** The form of a change that is on its review; null where none does in time. */
  private async form(): Promise<{
    readonly id: string;
    readonly formId: string;
    readonly key: string | null;
  } | null> {
    const isForm = (one: SeenActivity) => activityText(one).includes(`You’re editing ${this.id}`);
    try {
      const shown = await this.desk.world.teams.sees(places.operations, people.requester, isForm, 15_000);
      const { formId } = buttonData({ status: 200, body: shown.attachments }, 'form.submit');
      return { id: shown.id, formId: String(formId), key: keyIn(activityText(shown)) };
    } catch {
      return null;
    }
  }

  /** Returns the key that the review shows then; null where nobody was there to show it. */
  private async chooseOtherKey(form: string): Promise<string | null> {
    const { key } = statesOf(await this.desk.record(this.id), 1).at(-1) ?? { key: null };
    const other = keys.find((one) => one !== key) ?? keys[0];
    await this.send(people.requester, { id: form }, 'form.back', {});
    await this.send(people.requester, { id: form }, 'form.existing-key', {});
    const review = await this.send(people.requester, { id: form }, 'form.next', { inputs: { key: other } });
    return /"title":"To","value":"\W*([\w-]+)/.exec(JSON.stringify(review.body))?.[1] ?? null;
  }

  private send(person: string, { id }: { readonly id: string }, verb: string, more: object): Promise<BotAnswer> {
    const { teams } = this.desk.world;
    return teams.click(person, id, verb, more).catch((): BotAnswer => ({ status: 0, body: null }));
  }

  private async before(): Promise<Pick<Kept, 'from' | 'sinceMs'>> {
    return { sinceMs: Date.now(), from: (await this.desk.record(this.id)).length };
  }

  private async keep({ act, start, key, from, sinceMs }: Kept, said: string | null): Promise<void> {
    const [at, roles] = [new Date().toISOString(), this.rights.rolesSince(act.person, sinceMs)];
    const to = (await this.desk.record(this.id)).length;
    this.made.push({ ...act, start, key, from, to, said, roles, at });
  }

  /** Whoever clicks does so on a card that names the request; null where there is none. */
  private async someCard(person: string): Promise<SeenActivity | null> {
    const place = person === people.requester || person === people.teamMember ? places.operations : places.approvals;
    const seen = await this.desk.world.teams.activities(place, person);
    const isCard = (one: SeenActivity) =>
      cardOf(one) !== undefined && !isNotification(one) && !/editing CMK-/.test(activityText(one));
    return seen.find((one) => isCard(one) && activityText(one).includes(this.id)) ?? null;
  }
}
