/** Every row there is, and the tables of docs/failures.md that are made of what the rows came to. */
import { defaultLimits } from '../../../src/azure/limits.ts';
import { environmentSchema } from '../../../src/config/settings/table.ts';
import { usualRetry } from '../../../src/config/settings/working.ts';
import { durationWords } from '../../../src/text/duration.ts';
import { markdown } from '../local-azure-tables.ts';
import type { FailureGroup, FailureRow } from './failure-row.ts';
import type { Outcome } from './meet.ts';
import { answerRows, signInRows } from './rows-answers.ts';
import { codeRows } from './rows-codes.ts';
import { goneRows } from './rows-gone.ts';
import { operationRows } from './rows-operations.ts';
import { ownRows } from './rows-own.ts';
import { rightRows } from './rows-rights.ts';
import { vaultRows } from './rows-vaults.ts';

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
  const { firstWaitMs, longestWaitMs, waitAttempts } = usualRetry;
  const all = Array.from({ length: waitAttempts - 1 }, (_, n) => Math.min(firstWaitMs * 2 ** n, longestWaitMs));
  return all.map(seconds).join(', ');
}

export const limitsTable = (): string => {
  const limits = defaultLimits;
  return markdown(
    ['of', 'limit'],
    [
      ['one request', durationWords(limits.requestMs)],
      [
        'a request within a call, repeated by the client',
        `${limits.retries} times, from ${seconds(limits.firstRetryMs)} on`,
      ],
      ['a pause that Azure asks for, and that is made within a call', `at most ${seconds(limits.longestRetryMs)}`],
      ['a whole call', durationWords(limits.callMs)],
      ['a call that follows an operation', durationWords(limits.operationMs)],
      [
        'how often an operation is looked at',
        `every ${seconds(environmentSchema.shape.CMK_AZURE_POLL.parse(undefined))}`,
      ],
      ['a call that a click waits for', durationWords(limits.clickMs)],
      ['a step, where what happened passes by itself', `${usualRetry.waitAttempts} tries, with pauses of ${pauses()}`],
      [
        'a step, where a change spreads',
        `as many tries as fit into ${durationWords(usualRetry.spreadWithinMs)}, with pauses up to ${seconds(usualRetry.longestWaitMs)}`,
      ],
      ['the look before the run', `${usualRetry.waitAttempts} tries, with the same pauses`],
    ],
  );
};

/** Ports, versions of keys, ids that Azure makes and times are others each time. Seeded ids are not. */
const masked = (text: string): string =>
  text
    .replaceAll(/https:\/\/localhost:\d+\//g, 'its vault')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '…')
    .replaceAll(/\b(?!\d0{7}-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…')
    .replaceAll(/\bversion [0-9a-f]{8}\b/g, 'version …')
    .replaceAll(/\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/g, '…');

const toFive = (count: number): number => Math.round(count / 5) * 5;

/** Of many tries how many there are depends on how long each of them takes. */
const triesOf = ({ tries, waitedMs }: Outcome): string => {
  if (tries > 10)
    return `about ${toFive(tries)}, with about ${durationWords(toFive(waitedMs / 60_000) * 60_000)} of pauses`;
  return tries === 1 ? '1' : `${tries}, with ${durationWords(waitedMs)} of pauses`;
};

const saidIn = ({ waiting, says }: Outcome): string =>
  [waiting === '' ? '' : `*${waiting}*`, says].filter(Boolean).join(' ');

const remedyIn = ({ remedy, mended }: Outcome): string => (mended ? `✓ ${remedy}` : remedy);

export const failuresTables = (outcomeOf: (row: FailureRow) => Outcome): string =>
  groups
    .map(({ title, rows: inGroup }) => {
      const cells = inGroup.map((row) => {
        const outcome = outcomeOf(row);
        return [row.what, outcome.by, triesOf(outcome), outcome.ends, saidIn(outcome), remedyIn(outcome)].map(masked);
      });
      const head = ['what happens', 'met by', 'tries', 'how it ends', 'the card says', 'what to do'];
      return `### ${title}\n\n${markdown(head, cells)}`;
    })
    .join('\n\n');
