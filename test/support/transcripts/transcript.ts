/** Writes down what people do and what they see of it, as a conversation that anybody can read. */
import { localPeople } from '../../../sandbox/people.ts';
import { conversationOf } from '../../../sandbox/teams/places.ts';
import { cardOf, type JsonObject, type SeenActivity } from '../teams/local-teams.ts';
import { activityText, answered, isNotification, places, shows, type } from '../world/story.ts';
import type { World } from '../world/world.ts';
import { buttonTitled, drawCard, inputNamed, shownText } from './transcript-card.ts';
import { difference } from './transcript-difference.ts';
import { openMasks } from './transcript-masks.ts';

export type Transcript = ReturnType<typeof openTranscript>;

const nameOf = (person: string): string => localPeople.find(({ id }) => id === person)?.name ?? person;

function placeOf(conversationId: string): string {
  const found = conversationOf(conversationId);
  if (found === undefined) throw new Error(`no place ${conversationId}`);
  const { kind, name, memberIds } = found.place;
  if (kind === 'channel') return `# ${name}`;
  return kind === 'groupChat' ? 'the group chat' : `${nameOf(memberIds[0] ?? '')}’s chat with the bot`;
}

/** Whether the activity stands under another one. */
const isReply = ({ conversation, id }: SeenActivity): boolean =>
  conversation.id.includes(';messageid=') && !conversation.id.endsWith(`;messageid=${id}`);

/** A card that was updated while somebody loaded their own view of it shows everybody's once more. */
async function settled(look: () => Promise<SeenActivity>): Promise<SeenActivity> {
  for (let looks = 1; ; looks += 1) {
    const card = await look();
    if (!card.local.refreshIsDue || looks === 20) return card;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const quote = (text: string): string[] => text.split('\n').map((line) => `> ${line}`);
const and = (parts: readonly string[]): string =>
  [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter((part) => part !== '').join(' and ');

/** What somebody chose, as it is called on the card; a value that is a resource id shows its last part. */
function wordsOf(input: JsonObject, value: string): string {
  if (input.type === 'Input.Toggle') return '';
  const choices = (Array.isArray(input.choices) ? input.choices : []) as { title: string; value: string }[];
  return choices.find((choice) => choice.value === value)?.title ?? value.split('/').at(-1) ?? value;
}

function filledIn(card: JsonObject, inputs: Record<string, string>): string[] {
  return Object.entries(inputs).map(([id, value]) => {
    const found = inputNamed(card, id);
    if (found === null) throw new Error(`the card has no input ${id}`);
    const words = wordsOf(found.input, value);
    return words === '' ? `ticks “${found.called}”` : `fills in “${found.called}” with “${words}”`;
  });
}

const verbOf = (card: JsonObject, title: string): string => {
  const verb = buttonTitled(card, title)?.verb;
  if (typeof verb !== 'string') throw new Error(`nobody sees a button “${title}”:\n${drawCard(card).join('\n')}`);
  return verb;
};

const cardIn = (activity: SeenActivity): JsonObject => {
  const card = cardOf(activity);
  if (card === undefined) throw new Error('the message has no card');
  return card;
};

export function openTranscript(world: World, title: string, about: string) {
  const mask = openMasks(new Date());
  const lines = [`# ${title}`, '', about];
  const add = (...more: readonly string[]): void => {
    lines.push('', ...more.map(mask));
  };
  /** Cards that were shown, masked. */
  const shown: string[][] = [];
  /** Blocks of cards that were shown whole, and on which card. */
  const blocks = new Map<string, string>();

  /** The card without the blocks of four lines and more that an earlier one has. */
  function newIn(name: string, card: readonly string[]): string[] {
    return card
      .join('\n')
      .split('\n\n')
      .flatMap((block) => {
        const earlier = blocks.get(block);
        blocks.set(block, earlier ?? name);
        const [first = '', ...rest] = block.split('\n');
        return [
          '',
          ...(earlier === undefined || rest.length < 3 ? [first, ...rest] : [`${first}  … as on ${earlier}`]),
        ];
      })
      .slice(1);
  }

  function addCard(heading: (card: string) => string, drawn: readonly string[]): void {
    const card = mask(drawn.join('\n')).split('\n');
    const differences = shown.map((one) => difference(one, card));
    const earlier = differences.findIndex((lines) => lines.length === 0);
    if (earlier >= 0) {
      add(`${heading(`card ${earlier + 1} as it stands above`)}.`);
      return;
    }
    shown.push(card);
    const name = `card ${shown.length}`;
    const [nearest] = differences.map((lines, at) => ({ lines, at })).sort((x, y) => x.lines.length - y.lines.length);
    if (nearest === undefined || nearest.lines.length > Math.min(12, card.length / 3)) {
      add(`${heading(name)}:`, '', '```text', ...newIn(name, card), '```');
    } else {
      add(`${heading(`${name}, which is card ${nearest.at + 1} but for`)}:`, '', '```diff', ...nearest.lines, '```');
    }
  }

  async function now(person: string, { id, conversation }: SeenActivity): Promise<SeenActivity> {
    const [place = ''] = conversation.id.split(';');
    return settled(async () => {
      const found = (await world.teams.activities(place, person)).find((one) => one.id === id);
      if (found === undefined) throw new Error('the card is gone');
      return found;
    });
  }

  return {
    /** Something that is not done in the chat. */
    notes: (text: string): void => add(`*${text}*`),

    /** Types something; the card that the bot answers with. */
    async types(person: string, text: string, place = places.operations): Promise<SeenActivity> {
      add(`**${nameOf(person)}** in ${placeOf(place)}:`, '', ...quote(text));
      const answer = await type(world, person, text, place);
      addCard(
        (card) => `**The bot** answers${isReply(answer) ? ' in the thread' : ''}, ${card}`,
        drawCard(cardIn(answer)),
      );
      return answer;
    },

    /** Types a part of a name into an input; the value of the first choice that is offered. */
    async searches(person: string, card: SeenActivity, input: string, query: string): Promise<string> {
      const found = inputNamed(cardIn(await now(person, card)), input);
      const choices = (found?.input.choices ?? []) as readonly { title: string; value: string }[];
      const called = found?.called ?? input;
      const results = choices.filter(({ title }) => title.includes(query));
      add(`**${nameOf(person)}** types “${query}” into “${called}” and is offered:`, '');
      lines.push(...results.map((choice) => `- ${mask(choice.title)}`));
      return results[0]?.value ?? '';
    },

    /** Fills in inputs by their ids and clicks the button with this title; the card as the person then sees it. */
    async clicks(
      person: string,
      card: SeenActivity,
      title: string,
      inputs: Record<string, string> = {},
    ): Promise<SeenActivity> {
      const own = cardIn(await now(person, card));
      // Another sees the button: what one's own view leaves out can still be sent.
      const has =
        buttonTitled(own, title) !== undefined && Object.keys(inputs).every((id) => inputNamed(own, id) !== null);
      const before = has ? own : cardIn(card);
      const does = and([...filledIn(before, inputs), `${has ? 'clicks' : 'sends'} ( ${title} )`]);
      const who = `**${nameOf(person)}** in ${placeOf(card.conversation.id)}`;
      add(has ? `${who} ${does}.` : `${who}, whose card has no such button, ${does} all the same.`);
      const answer = await world.teams.click(person, card.id, verbOf(before, title), { inputs });
      const words = answered(answer);
      const after = await now(person, card);
      if (words.startsWith('[card]')) addCard((name) => `The card becomes ${name}`, drawCard(cardIn(after)));
      else add(`**The bot**, to ${nameOf(person)} alone:`, '', ...quote(shownText(words)));
      return after;
    },

    /** Clicks a button that opens a form in a message of its own; that form. */
    async opens(person: string, card: SeenActivity, title: string, words: RegExp): Promise<SeenActivity> {
      const own = cardIn(await now(person, card));
      const [place = ''] = card.conversation.id.split(';');
      const before = new Set((await world.teams.activities(place, person)).map(({ id }) => id));
      add(`**${nameOf(person)}** in ${placeOf(card.conversation.id)} clicks ( ${title} ).`);
      await world.teams.click(person, card.id, verbOf(own, title));
      const form = await settled(() =>
        world.teams.sees(place, person, (one) => !before.has(one.id) && words.test(activityText(one))),
      );
      addCard((name) => `**The bot** opens a form, ${name}`, drawCard(cardIn(form)));
      return form;
    },

    /** Waits until the card about a request says so, and shows it as these people see it. */
    async sees(who: string | readonly string[], place: string, id: string, words: RegExp): Promise<SeenActivity> {
      const [person = '', ...others] = typeof who === 'string' ? [who] : who;
      const card = await shows(world, place, person, id, words);
      const drawn = drawCard(cardIn(card));
      const where = `${placeOf(place)}${isReply(card) ? ', in the thread' : ''}`;
      addCard(
        (name) =>
          `**${and([person, ...others].map(nameOf))}** in ${where} now see${others.length > 0 ? '' : 's'} ${name}`,
        drawn,
      );
      for (const other of others) {
        const theirs = drawCard(cardIn(await shows(world, place, other, id, words)));
        if (theirs.join('\n') !== drawn.join('\n'))
          addCard((name) => `**${nameOf(other)}**, though, sees ${name}`, theirs);
      }
      return card;
    },

    /** Waits until the bot has called people there in words about a request, and quotes it. */
    async hears(place: string, id: string, words: RegExp): Promise<void> {
      const fits = (one: SeenActivity) => {
        const text = activityText(one);
        return isNotification(one) && text.includes(id) && words.test(text);
      };
      const [anybody = ''] = conversationOf(place)?.place.memberIds ?? [];
      const post = await world.teams.sees(place, anybody, fits);
      const where = `${placeOf(place)}${isReply(post) ? ', in the thread' : ''}`;
      addCard((name) => `**The bot** notifies in ${where}, ${name}`, drawCard(cardIn(post)));
    },

    /** Cards as they are, under one heading. */
    shows: (heading: string, drawn: readonly string[]): void => addCard((card) => `${heading}, ${card}`, drawn),

    text: () => `${lines.join('\n')}\n`,
  };
}
