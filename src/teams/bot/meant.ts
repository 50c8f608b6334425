/**
 * What somebody may have meant who typed something that there is not: the whole command, as they would have to type it. A
 * button says it for them, and whoever presses it is taken to have typed it themselves.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Refusal } from '../../domain/request/refusal.ts';
import { cmkHelp } from '../../operations/commands/cmk-help.ts';
import { commands } from '../../operations/commands/registry.ts';
import { closestName } from '../../operations/similar-names.ts';
import { parseMessage, type TypedMessage } from './parse-message.ts';

/** Sent by the button; its data hold nothing but the text. */
export const meantVerb = 'typed.meant';
/** Sent by *All commands*. */
export const helpVerb = 'typed.help';

/** Longer ones are not offered: nobody reads what they would say. */
const longest = 200;

const names = commands.map(({ name }) => name);

/** Null where reading it back would give something else. */
function written(typed: TypedMessage): string | null {
  const args = Object.entries(typed.args).map(([name, value]) => `${name}=${/\s/.test(value) ? `"${value}"` : value}`);
  const text = [typed.command, ...typed.words, ...args].join(' ');
  return text.length <= longest && isDeepStrictEqual(parseMessage(text, [], ''), typed) ? text : null;
}

/** For what is no command: `/enabel-cmk`, and `enabel cmk` in two words. Null where no command is near. */
export function commandMeant(typed: TypedMessage): { readonly wrote: string; readonly meant: string } | null {
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
  return null;
}

/** For a name that there is not: the same with the one that is near; null where there is none, or where it stood is not clear. */
export function nameMeant(typed: TypedMessage, { code, fact, near }: Refusal): string | null {
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

/** What a click on one of the two says. */
export interface Meant {
  readonly text: string;
  readonly typed: TypedMessage;
}

/** Null: it was another click. */
export function meantBy(verb: string, said: string | undefined): Meant | null {
  const text = verb === helpVerb ? cmkHelp.name : verb === meantVerb ? said : undefined;
  return text === undefined ? null : { text, typed: parseMessage(text, [], '') };
}
