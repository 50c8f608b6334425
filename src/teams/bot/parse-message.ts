/** Parses a typed message: a command with its arguments, or other text. */
import { z } from 'zod';

/** The used fields. All others are ignored. */
const Mentions = z
  .array(
    z.looseObject({
      type: z.string(),
      text: z.string().optional(),
      mentioned: z.looseObject({ id: z.string() }).optional(),
    }),
  )
  .catch([]);

export interface TypedMessage {
  /** `/cmk-help`: lower case, with its slash; empty if nothing was typed. */
  readonly command: string;
  readonly args: Readonly<Record<string, string>>;
  /** Words that aren't `name=value`. */
  readonly words: readonly string[];
}

const longestMessage = 4_000;

/** Removes mentions of the bot. Other mentions stay. */
function withoutMentions(text: string, entities: unknown, botId: string): string {
  return Mentions.parse(entities ?? [])
    .filter((entity) => entity.type === 'mention' && entity.mentioned?.id === botId)
    .reduce((rest, entity) => (entity.text ? rest.replace(entity.text, ' ') : rest), text);
}

/** `name=value`, `name="two words"`. */
const pair = /(?:^|\s)([a-z]{1,20})=(?:"([^"]{0,1000})"|(\S{0,1000}))/gi;

function argumentsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(pair)];
  return Object.fromEntries(pairs.map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted ?? bare ?? '']));
}

/** Parses a message. The slash is optional, because people leave it out after a mention and in personal chats. */
export function parseMessage(text: string, entities: unknown, botId: string): TypedMessage {
  const said = withoutMentions(text.slice(0, longestMessage), entities, botId)
    .replace(/\u00A0/g, ' ')
    .trim();
  const [first = '', ...rest] = said.split(/\s+/);
  const word = first.toLowerCase().replace(/^\/+/, '');
  return {
    command: word === '' ? '' : `/${word}`,
    args: argumentsOf(rest.join(' ')),
    words: rest.join(' ').replace(pair, ' ').split(' ').filter(Boolean).slice(0, 20),
  };
}
