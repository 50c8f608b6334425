/** The words of `--help`. */
import type { Subcommand } from './subcommand.ts';
import { indent, textTable } from './words/table.ts';

const common = [
  ['--data DIR', 'the bot’s data folder (else DATABASE_URL or CMK_DATA_DIR, else .local)'],
  ['--help', 'this text; behind a command, all that it takes'],
  ['--version', 'which cmk-bot this is'],
];

const signature = ({ name, usage }: Subcommand): string => `cmk-bot ${name}${usage === '' ? '' : ` ${usage}`}`;

/** Help about everything, or about those subcommands that start with a word. */
export const overview = (subcommands: readonly Subcommand[]): string =>
  [
    'Reads and steers the requests of the bot, and verifies its audit trail.',
    '',
    // What each takes would make lines that no terminal holds.
    indent(textTable(subcommands.map(({ name, summary }) => [`cmk-bot ${name}`, summary]))),
    '',
    'Everywhere:',
    indent(textTable(common)),
    '',
    'Exit codes: 0 success · 1 refused, check failed, or integrity error · 2 invalid arguments or unreadable input ·\n3 verified, but incomplete (a key or a witness is missing)',
  ].join('\n');

/** Help about one subcommand. */
export const helpOn = (one: Subcommand): string =>
  [
    `${signature(one)}`,
    '',
    `${one.summary.charAt(0).toUpperCase()}${one.summary.slice(1)}.`,
    ...(one.help === '' ? [] : ['', one.help]),
    '',
    'Everywhere:',
    indent(textTable(common)),
  ].join('\n');
