/**
 * All settings: valid values, an example and the meaning. The lists in docs/install/settings.md and `.env.example` are
 * generated from it, and a test compares them. Mistyped names are found in env.ts.
 */
import { z } from 'zod';
import { wrapText } from '../../domain/strings.ts';
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
export type VariableName = keyof Environment;

export const isVariable = (name: string): name is VariableName => Object.hasOwn(environmentSchema.shape, name);
export const variableNames: readonly VariableName[] = Object.keys(environmentSchema.shape).filter(isVariable);

interface Row {
  /** Variables that are described together, each with an example. */
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

const groups: readonly SettingGroup[] = [
  teamsSettings,
  channelsSettings,
  azureSettings,
  peopleSettings,
  auditLogSettings,
  workingSettings,
];

export const variableGroups = groups.map((group) => ({ title: group.title, settings: rowsOf(group) }));

/** Returns whether the variable's value is never echoed and never shown. */
export const isSecretSetting = (name: string): boolean =>
  groups.some(({ settings }) => settings[name]?.isSecret === true);

export const isNeededSetting = (name: string): boolean =>
  groups.some(({ settings }) => settings[name]?.mustBeSet === true);

export const settingOf = (name: string): string =>
  plain(variableGroups.flatMap(({ settings }) => settings).find(({ names }) => name in names)?.meaning ?? '');

/** Returns the lists in docs/install/settings.md. */
export const variableLists = (): string =>
  variableGroups
    .map(({ title, settings }) => {
      const items = settings.map(({ names, meaning }) => {
        const named = Object.keys(names).map((name) => `\`${name}\``);
        return `- ${named.join(', ')}: ${meaning}\n`;
      });
      return `## ${title}\n\n${items.join('')}`;
    })
    .join('\n');

const plain = (markdown: string): string => markdown.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '');

const longest = 118;

const commentOf = (text: string): string =>
  wrapText(text, longest - '# '.length)
    .map((line) => `# ${line}\n`)
    .join('');

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

/** Returns `.env.example`: a complete configuration, given its database and files. */
export const environmentExample = (): string => example(true);

/** Returns a new `.env`. Required settings are empty, so that no example is mistaken for a value. */
export const emptyEnvironment = (): string => example(false);
