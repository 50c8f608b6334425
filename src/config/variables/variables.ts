/**
 * Every variable, in the order it is read about. The schema in `../env.ts` says what each may be; what is said of them stands
 * here, once: the table in docs/configuration.md and `.env.example` are made from it, and a test compares.
 */
import { people } from './people.ts';
import { auditLog, azure } from './record-and-azure.ts';
import { channels, teams } from './teams.ts';
import type { VariableGroup } from './variable.ts';
import { working } from './working.ts';

export const variableGroups: readonly VariableGroup[] = [teams, channels, azure, people, auditLog, working];

/** What a variable means, as plain text. */
export const settingOf = (name: string): string =>
  plain(variableGroups.flatMap(({ settings }) => settings).find(({ names }) => name in names)?.meaning ?? '');

/** The rows of the table in docs/configuration.md. */
export const variableRows = (): string =>
  variableGroups
    .flatMap(({ settings }) => settings)
    .map(({ names, meaning }) => {
      const named = Object.keys(names).map((name) => `\`${name}\``);
      return `| ${named.join(', ')} | ${meaning} |\n`;
    })
    .join('');

/** Without what only Markdown needs. */
const plain = (markdown: string): string => markdown.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '');

/** Comments are read beside code: no longer than it. */
const longest = 118;

function commentOf(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < longest) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return `${lines.join('\n')}\n`;
}

/** As a sentence begins, unless it begins with a value. */
const beginning = (markdown: string): string =>
  /^[`[]/.test(markdown) ? plain(markdown) : `${markdown.charAt(0).toUpperCase()}${plain(markdown).slice(1)}`;

const header = [
  '# The settings of a bot. `cmk-bot setup` asks for them and writes .env; the bot, its commands and docker compose read that file.\n',
  '# Lines without # must be set: replace the examples with values of your own. Lines with # can be set, and show an example.\n',
];

const example = (isFilled: boolean): string =>
  [
    ...header,
    ...variableGroups.map(({ title, settings }) => {
      const each = settings.map(({ names, meaning, mustBeSet = false }) => {
        const lines = Object.entries(names).map(([name, value]) =>
          mustBeSet ? `${name}=${isFilled ? value : ''}\n` : `#${name}=${value}\n`,
        );
        return `${commentOf(beginning(meaning))}${lines.join('')}`;
      });
      return `\n# == ${title} ==\n\n${each.join('\n')}`;
    }),
  ].join('');

/** `.env.example`: a bot starts with it, as soon as its database and its files are there. */
export const environmentExample = (): string => example(true);

/** A new `.env`: what must be set is empty, so that no example is taken for a value. */
export const emptyEnvironment = (): string => example(false);
