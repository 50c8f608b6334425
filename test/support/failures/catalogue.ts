/** Every row there is, and the lists of docs/operate/azure-errors.md that are made of what the rows came to. */
import { defaultLimits } from '../../../src/azure/limits.ts';
import { environmentSchema } from '../../../src/config/settings/table.ts';
import { defaultRetryLimits } from '../../../src/config/settings/working.ts';
import { durationWords } from '../../../src/text/instants.ts';
import type { FailureGroup, FailureRow, RowOutcome } from './harness.ts';
import {
  answerRows,
  codeRows,
  goneRows,
  operationRows,
  ownRows,
  rightRows,
  signInRows,
  unknownCode,
  vaultRows,
} from './rows.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

export const groups: readonly FailureGroup[] = [
  operationRows,
  rightRows,
  vaultRows,
  ownRows,
  goneRows,
  signInRows,
  answerRows,
  codeRows,
];
export const rows: readonly FailureRow[] = groups.flatMap((group) => group.rows);

const seconds = (ms: number): string => `${ms / 1_000} s`;

/** The pauses of a step that is tried again, as long as there may be any. */
function pauses(): string {
  const { firstWaitMs, longestWaitMs, waitAttempts } = defaultRetryLimits;
  const all = Array.from({ length: waitAttempts - 1 }, (_, n) => Math.min(firstWaitMs * 2 ** n, longestWaitMs));
  return all.map(seconds).join(', ');
}

export const limitsList = (): string => {
  const limits = defaultLimits;
  const rows = [
    ['one HTTP request', durationWords(limits.requestMs)],
    ['retries of a request by the client', `${limits.retries}, the first after ${seconds(limits.firstRetryMs)}`],
    ['pause that Azure asks for, within a call', `at most ${seconds(limits.longestRetryMs)}`],
    ['a call with its retries', durationWords(limits.callMs)],
    ['a call that waits for an operation', durationWords(limits.operationMs)],
    [
      'interval between checks of an operation',
      `every ${seconds(environmentSchema.shape.CMK_AZURE_POLL.parse(undefined))}`,
    ],
    ['a call during a click', durationWords(limits.clickMs)],
    ['a step, after a temporary failure', `${defaultRetryLimits.waitAttempts} attempts, with pauses of ${pauses()}`],
    [
      'a step, while a role assignment propagates',
      `attempts for ${durationWords(defaultRetryLimits.spreadWithinMs)}, with pauses of up to ${seconds(defaultRetryLimits.longestWaitMs)}`,
    ],
    ['the pre-run check', `${defaultRetryLimits.waitAttempts} attempts, with the same pauses`],
  ];
  return rows.map(([what, limit]) => `- ${what}: ${limit}`).join('\n');
};

/** Ports, versions of keys, ids that Azure makes and times are others each time. Seeded ids are not. */
const masked = (text: string): string =>
  text
    .replaceAll(/https:\/\/localhost:\d+\//g, 'its vault')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '…')
    .replaceAll(/\b(?!\d0{7}-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…')
    .replaceAll(/\bversion [0-9a-f]{8}\b/g, 'version …')
    .replaceAll(/\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/g, '…');

/** Roles that can fix many errors, as the remedies name them. */
const roles = ['an operator', 'an Owner or User Access Administrator', 'a Key Vault Crypto Officer'];

/** Words for which the sentence before is needed, too. */
const refersBack = /^(Restore it|Ask its|If it)\b|\b(a new one|the one that|both|find it|it can be)\b/;

/** What a person does, without the card's explanation: the first sentence that asks for something, and the role it asks. */
function shortRemedy(remedy: string): { readonly role: string | null; readonly said: string } {
  const sentences = remedy.split(/(?<=\.)\s+(?=\p{Lu})/u);
  const asks =
    /^(Ask|Assign|Check|Choose|Enable|End|Find|Move|Restore|Retry|Select|Switch|Wait)\b|, (ask|check) |can find/;
  const at = Math.max(
    sentences.findIndex((sentence) => asks.test(sentence)),
    0,
  );
  const ask = (sentences[at] ?? '')
    .replaceAll(/ \((?:[^()]|\([^()]*\))*\)/g, '')
    .replace(/,? and then (select Retry|try again)\.$/, '.')
    .replace(/policy “[^”]*”/, 'the policy');
  const role = roles.find((one) => ask.startsWith(`Ask ${one} to `)) ?? null;
  const task = role === null ? ask : ask.slice(`Ask ${role} to `.length).replace(', or to ', ', or ');
  const before = sentences[at - 1] ?? '';
  const lead = !refersBack.test(ask) ? '' : /^Such /.test(before) ? `${sentences[at - 2]} ` : `${before} `;
  return { role, said: `${lead}${task.charAt(0).toUpperCase()}${task.slice(1)}` };
}

/** Codes of the bot itself: their cards name what was found. */
const isOwn = (code: string): boolean => /^[a-z-]+$/.test(code);

/** What a person does about each code of Azure, once for each remedy, by the role that acts. */
export function failuresList(outcomeOf: (row: FailureRow) => RowOutcome): string {
  const found = new Map<string, { readonly role: string | null; readonly codes: Set<string> }>();
  for (const row of rows) {
    const { ends, remedy } = outcomeOf(row);
    if (ends !== 'needs attention' || row.code === null || isOwn(row.code)) continue;
    const { role, said } = shortRemedy(masked(remedy));
    const { codes } = found.get(said) ?? { codes: new Set<string>() };
    const other = row.kind === 'run' && row.at === 'set-cmk' ? 'any other code, when the key is set' : 'any other code';
    found.set(said, { role, codes: codes.add(row.code === unknownCode ? other : `\`${row.code}\``) });
  }
  return [...roles, null]
    .map((role) => {
      const lines = [...found]
        .filter(([, one]) => one.role === role)
        .map(([said, { codes }]) => `- ${[...codes].join(', ')}: ${said}`);
      return `For ${role ?? 'others'}:\n\n${lines.join('\n')}`;
    })
    .join('\n\n');
}

const toFive = (count: number): number => Math.round(count / 5) * 5;

/** Of many tries how many there are depends on how long each of them takes. */
const triesOf = ({ tries, waitedMs }: RowOutcome): string => {
  if (tries > 10)
    return `about ${toFive(tries)}, with about ${durationWords(toFive(waitedMs / 60_000) * 60_000)} of pauses`;
  return tries === 1 ? '1' : `${tries}, with ${durationWords(waitedMs)} of pauses`;
};

const saidIn = ({ waiting, says }: RowOutcome): string =>
  [waiting === '' ? '' : `*${waiting}*`, says].filter(Boolean).join(' ');

/** Every row with all that came of it, for test/golden. */
export const failuresGolden = (outcomeOf: (row: FailureRow) => RowOutcome): string =>
  groups
    .map(({ title, rows: inGroup }) => {
      const cells = inGroup.map((row) => {
        const outcome = outcomeOf(row);
        return [row.what, outcome.by, triesOf(outcome), outcome.ends, saidIn(outcome), outcome.remedy].map(masked);
      });
      const head = ['what happens', 'met by', 'attempts', 'how it ends', 'the card says', 'what to do'];
      return `### ${title}\n\n${markdown(head, cells)}`;
    })
    .join('\n\n');
