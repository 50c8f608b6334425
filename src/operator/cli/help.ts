import { upperFirst, wrapText } from '../../domain/strings.ts';
import { type Exit, type Explained, exit, type Subcommand } from './subcommand.ts';
import { indent, textTable } from './words/table.ts';

const everywhere: Explained = [
  ['--data DIR', 'data folder of the bot. Default: DATABASE_URL, then .local'],
  ['--help', 'prints this help; after a command, the help of the command'],
  ['--version', 'prints the version'],
];

const exitMeanings: readonly string[] = [
  'success',
  'refused, check failed, or integrity error',
  'invalid arguments or unreadable input',
  'incomplete: something could not be checked',
];

const maxLineLength = 118;
const maxNameWidth = 30;

function explainedTable(rows: Explained): string {
  const names = rows.map(([typed]) => typed.length).filter((length) => length <= maxNameWidth);
  const column = Math.max(0, ...names) + 4;
  return rows
    .flatMap(([typed, meaning]) => {
      const [first = '', ...rest] = wrapText(meaning, maxLineLength - column);
      const more = rest.map((line) => `${' '.repeat(column)}${line}`);
      return typed.length > maxNameWidth
        ? [`  ${typed}`, `${' '.repeat(column)}${first}`, ...more]
        : [`  ${typed.padEnd(column - 2)}${first}`, ...more];
    })
    .join('\n');
}

const exitRows = (own: NonNullable<Subcommand['exits']>): Explained =>
  exitMeanings.map((meaning, code) => [`${code}`, own[code as Exit] ?? meaning] as const);

/** Only commands that verify end with code 3. */
const ownExitRows = (own: Subcommand['exits'] = {}): Explained =>
  exitRows(own).filter(([code]) => code !== `${exit.unchecked}` || own[exit.unchecked] !== undefined);

const section = (title: string, body: string): readonly string[] => (body === '' ? [] : ['', `${title}:`, body]);

/** Returns help for these subcommands: all, or a group. */
export const overview = (subcommands: readonly Subcommand[]): string =>
  [
    'Usage: cmk-bot COMMAND [options]',
    '',
    'Lists and controls the requests of the bot, and verifies its audit log.',
    ...section('Commands', indent(textTable(subcommands.map(({ name, summary }) => [`cmk-bot ${name}`, summary])))),
    ...section('Options', explainedTable(everywhere)),
    ...section('Exit codes', explainedTable(exitRows({}))),
    '',
    'To approve or reject a request, use Teams.',
  ].join('\n');

export const helpOn = ({ name, usage, summary, help = '', explains, exits, examples }: Subcommand): string =>
  [
    `Usage: cmk-bot ${name} ${usage}`.trim(),
    '',
    `${upperFirst(summary)}.`,
    ...(help === '' ? [] : ['', help]),
    ...section('Options', explainedTable([...explains, ...everywhere])),
    ...section('Exit codes', explainedTable(ownExitRows(exits))),
    ...section('Examples', indent(examples.join('\n'))),
  ].join('\n');
