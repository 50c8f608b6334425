/**
 * Did-you-mean suggestions for mistyped commands and names, as complete commands. A button sends the command as if the
 * person had typed it.
 */

import { isDeepStrictEqual } from 'node:util';
import { RequestId } from '../../domain/ids.ts';
import type { Refusal } from '../../domain/request/refusal.ts';
import { cmkHelp } from '../../operations/commands/cmk-help.ts';
import { commands } from '../../operations/commands/registry.ts';
import { closestName } from '../../operations/similar-names.ts';
import { parseMessage, type TypedMessage } from './activity.ts';

/** The suggestion's button; its data contains only the text. */
export const suggestionVerb = 'typed.meant';
export const helpVerb = 'typed.help';

/** Longer ones aren't offered, because people wouldn't read them. */
const longest = 200;

const names = commands.map(({ name }) => name);

/** Returns the command as text; null if parsing it wouldn't return the same. */
function written(typed: TypedMessage): string | null {
  const args = Object.entries(typed.args).map(([name, value]) => `${name}=${/\s/.test(value) ? `"${value}"` : value}`);
  const text = [typed.command, ...typed.words, ...args].join(' ');
  return text.length <= longest && isDeepStrictEqual(parseMessage(text, [], ''), typed) ? text : null;
}

/** Suggests a command for unknown ones: `/enabel-cmk`, and `enabel cmk` in two words. Null if none is similar. */
export function suggestCommand(typed: TypedMessage): { readonly wrote: string; readonly meant: string } | null {
  const [first, ...others] = typed.words;
  const ways = [
    { wrote: typed.command, words: typed.words },
    ...(first === undefined ? [] : [{ wrote: `${typed.command}-${first}`, words: others }]),
  ];
  for (const { wrote, words } of ways) {
    const command = closestName(wrote, names);
    const meant = command === null ? null : (written({ ...typed, command, words }) ?? command);
    if (meant !== null) return { wrote, meant };
  }
  const all = [typed.command.slice(1), ...typed.words];
  const request = all.map((word) => word.toUpperCase()).find((word) => RequestId.safeParse(word).success);
  return request === undefined ? wordMeant(all) : { wrote: all.join(' '), meant: `/cmk-requests ${request}` };
}

/** A command by its own word: `status`, or `please enable a key`. Help is the answer to everything else anyway. */
function wordMeant(words: readonly string[]): { readonly wrote: string; readonly meant: string } | null {
  for (const word of words.map((one) => one.toLowerCase())) {
    const meant = names.find((name) => name !== cmkHelp.name && [`/cmk-${word}`, `/${word}-cmk`].includes(name));
    if (meant !== undefined) return { wrote: word, meant };
  }
  return null;
}

/** Suggests a name for an unknown one. Null if none is similar, or its position in the text is unclear. */
export function suggestName(typed: TypedMessage, { code, fact, near }: Refusal): string | null {
  if (near === undefined || code === 'not-understood') return null;
  const args = Object.entries(typed.args);
  const inArgs = args.some(([, value]) => value.trim() === fact);
  if (inArgs)
    return written({
      ...typed,
      args: Object.fromEntries(args.map(([name, value]) => [name, value.trim() === fact ? near : value])),
    });
  if (typed.words.join(' ') === fact) return written({ ...typed, words: near.split(' ') });
  if (typed.words.includes(fact))
    return written({ ...typed, words: typed.words.map((one) => (one === fact ? near : one)) });
  return null;
}

export interface Suggestion {
  readonly text: string;
  readonly typed: TypedMessage;
}

/** Null: another button. */
export function suggestionOf(verb: string, said: string | undefined): Suggestion | null {
  const text = verb === helpVerb ? cmkHelp.name : verb === suggestionVerb ? said : undefined;
  return text === undefined ? null : { text, typed: parseMessage(text, [], '') };
}
