/**
 * Every setting, once: which values it can have, an example and what it means. The table in docs/configuration.md and
 * `.env.example` are made from it, and a test compares. Mistyped names are found in env.ts.
 */
import { z } from 'zod';
import { auditLogSettings } from './audit-log.ts';
import { azureSettings } from './azure.ts';
import { peopleSettings } from './people.ts';
import { type SettingGroup, shapeOf } from './setting.ts';
import { channelsSettings, teamsSettings } from './teams.ts';
import { workingSettings } from './working.ts';

export const environmentSchema = z.object({
  ...shapeOf(teamsSettings),
  ...shapeOf(channelsSettings),
  ...shapeOf(azureSettings),
  ...shapeOf(peopleSettings),
  ...shapeOf(auditLogSettings),
  ...shapeOf(workingSettings),
});
export type Environment = z.infer<typeof environmentSchema>;

interface Row {
  /** Variables that mean one thing together, each with an example. */
  readonly names: Readonly<Record<string, string>>;
  readonly meaning: string;
  readonly mustBeSet: boolean;
}

function rowsOf({ settings }: SettingGroup): readonly Row[] {
  const rows: Row[] = [];
  for (const [name, { example, meaning, mustBeSet = false }] of Object.entries(settings)) {
    const before = rows.at(-1);
    if (meaning !== undefined || before === undefined)
      rows.push({ names: { [name]: example }, meaning: meaning ?? '', mustBeSet });
    else rows[rows.length - 1] = { ...before, names: { ...before.names, [name]: example } };
  }
  return rows;
}

/** In the order they are read about. */
export const variableGroups = [
  teamsSettings,
  channelsSettings,
  azureSettings,
  peopleSettings,
  auditLogSettings,
  workingSettings,
].map((group) => ({ title: group.title, settings: rowsOf(group) }));

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
      const each = settings.map(({ names, meaning, mustBeSet }) => {
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
