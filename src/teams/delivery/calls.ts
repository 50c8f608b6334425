/**
 * Calls people: a short post where each of them will see it, because a card that changes does not ring. What was posted is kept
 * beside the request's cards, so that after a crash nobody is called again but for the one post that was on its way.
 */
import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { Conversations, People, PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import { type Called, calledFor, doerOf, isStillSo } from '../../domain/request/calls.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Directory } from '../cards/directory.ts';
import { type Addressee, type CardText, mention } from '../cards/plain-text.ts';
import { callText, callWords } from '../cards/views/call-view.ts';
import { addressedOf, knownIn, type Source, type SourcesOptions, sourcesOf } from './addressees.ts';
import type { Approvers } from './approvers.ts';
import { kindOf } from './audience.ts';
import { type Chat, isGone } from './chat.ts';
import { knownCards } from './known-cards.ts';

export interface CallsOptions extends SourcesOptions {
  readonly requests: Pick<Requests, 'load' | 'events'>;
  readonly shown: Pick<PostedCards, 'of' | 'save'>;
  readonly chat: Pick<Chat, 'say'>;
  readonly directory: Directory;
  readonly conversations: Pick<Conversations, 'personalChat'>;
  readonly people: Pick<People, 'among' | 'amongMany'>;
  readonly approvers: Approvers;
  readonly approvalsChannel: string;
  /** Who is called when a request needs attention: object ids of people and groups. */
  readonly operators: readonly string[];
}

/** One call: about what, whom, and who needs none because it is their own doing. */
export interface Notification {
  /** Tells this call from the request's others, for good. */
  readonly occasion: string;
  readonly who: readonly Called[];
  readonly except: PersonId | null;
  readonly words: (to: Called) => CardText;
}

export interface Calls {
  /** Whoever was not called for it yet. Throws where a post did not go through; called again, it goes on with the rest. */
  call(request: Request, call: Notification): Promise<void>;
  /** The same for a stored event, by its revision. */
  callForEvent(id: RequestId, revision: number): Promise<void>;
}

/** Where more are to be called than this, the channel has to do. */
const mostInPerson = 50;
const patienceMs = 10_000;

/** Those whom nobody reached in person; a group of which everybody known was reached is not called once more by its name. */
const unreached = (sources: readonly Source[], reached: ReadonlySet<PersonId>): readonly Source[] =>
  sources
    .map((source) => ({ source, known: source.known.filter(({ id }) => !reached.has(id)) }))
    .filter(({ source, known }) => known.length > 0 || source.known.length === 0)
    .map(({ source, known }) => ({ ...source, known }));

/** The posts of one call. */
class Ringing {
  readonly #options: CallsOptions;
  readonly #request: Request;
  readonly #call: Notification;
  readonly #cards: readonly PostedCard[];

  constructor(options: CallsOptions, request: Request, call: Notification, cards: readonly PostedCard[]) {
    this.#options = options;
    this.#request = request;
    this.#call = call;
    this.#cards = cards;
  }

  async requester(): Promise<void> {
    const { conversationId, conversationType } = this.#request.origin;
    const { requester } = this.#request;
    const [known] = await this.#options.people.among([requester]);
    const named = known === undefined ? [] : [mention(known.memberId, known.name)];
    // Whoever writes into a chat is shown what is said there. A channel's threads are easily missed.
    const inPerson = conversationType === 'channel' && (await this.#inPerson('requester', requester));
    const addressees = conversationType === 'personal' || inPerson ? [] : named;
    const told = await this.#say('requester', 'asked', conversationId, addressees, false);
    if (!told && conversationType === 'groupChat') await this.#inPerson('requester', requester);
  }

  async approvers(): Promise<void> {
    const { sources } = await this.#options.approvers.of(this.#request);
    await this.#group('approvers', sources);
  }

  async operators(): Promise<void> {
    const { except } = this.#call;
    const had = [this.#request.requester, ...(except === null ? [] : [except])];
    const ids = this.#options.operators;
    if (ids.length === 0) return;
    await this.#group('operators', await sourcesOf(this.#options, ids, had, patienceMs));
  }

  /** Each in their own chat where the bot has one, the others by name in the thread where approvers are asked. */
  async #group(to: Called, sources: readonly Source[]): Promise<void> {
    const people = knownIn(sources)
      .map(({ id }) => id)
      .filter((id) => id !== this.#call.except);
    const reached = new Set<PersonId>(this.#call.except === null ? [] : [this.#call.except]);
    for (const id of people.slice(0, mostInPerson)) if (await this.#inPerson(to, id)) reached.add(id);
    const rest = unreached(sources, reached);
    if (rest.length === 0) return;
    const card = this.#cards.find(({ audience }) => audience === 'approval');
    const thread = card?.conversationId ?? this.#options.approvalsChannel;
    await this.#say(to, 'approvals', thread, addressedOf(rest), false);
  }

  /** Whether they have a chat with the bot, and it takes posts. */
  async #inPerson(to: Called, person: PersonId): Promise<boolean> {
    const chat = await this.#options.conversations.personalChat(person);
    if (chat === null) return false;
    const hasCard = this.#cards.some(
      ({ audience, conversationId }) => kindOf(audience) !== null && conversationId === chat.conversationId,
    );
    return this.#say(to, `person:${person}`, chat.conversationId, [], !hasCard);
  }

  /** False where the place is gone, or the bot no longer may post there. */
  async #say(
    to: Called,
    place: string,
    conversationId: string,
    addressees: readonly Addressee[],
    away: boolean,
  ): Promise<boolean> {
    const { chat, shown } = this.#options;
    const audience = `call:${this.#call.occasion}:${place}`;
    if (this.#cards.some((one) => one.audience === audience)) return true;
    const text = callText(this.#request, this.#call.words(to), addressees, away);
    try {
      const posted = await chat.say(conversationId, text, addressees);
      await shown.save({ requestId: this.#request.id, audience, ...posted, fingerprint: '' });
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }
}

export function openCalls(options: CallsOptions): Calls {
  const { requests, shown, directory } = options;

  async function ring(request: Request, one: Notification, cards: readonly PostedCard[]): Promise<void> {
    const ringing = new Ringing(options, request, one, cards);
    const turns = one.who.filter((to) => to !== 'requester' || one.except !== request.requester);
    // One place that refuses does not keep the others from being called.
    const results = await Promise.allSettled(turns.map((to) => ringing[to]()));
    const refused = results.find((result) => result.status === 'rejected');
    if (refused?.status === 'rejected') throw refused.reason;
  }

  return {
    call: async (request, one) => ring(request, one, await knownCards(shown, request)),
    async callForEvent(id, revision) {
      const [request, events] = await Promise.all([requests.load(id), requests.events(id)]);
      const event = events.find((one) => one.revision === revision);
      if (request === null || event === undefined || !isStillSo(request, event)) return;
      const doer = doerOf(event);
      const [names, cards] = await Promise.all([
        directory.names(doer === null ? [request.requester] : [request.requester, doer]),
        knownCards(shown, request),
      ]);
      const words = (to: Called) => callWords(to, event, request, names);
      await ring(request, { occasion: `${revision}`, who: calledFor(event.body), except: doer, words }, cards);
    },
  };
}
