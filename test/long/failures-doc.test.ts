import { readFileSync, writeFileSync } from 'node:fs';
import { scenarios } from '../../sandbox/azure/scenarios/scenarios.ts';
import { logs } from '../../sandbox/azure/scenarios/vaults.ts';
import { defaultLimits } from '../../src/azure/connection/limits.ts';
import { environmentSchema } from '../../src/config/settings/table.ts';
import { defaultRetryLimits } from '../../src/config/settings/working.ts';
import { refuse, refuseFailure } from '../../src/domain/request/refusal.ts';
import { durationWords } from '../../src/text/instants.ts';
import { refusalWords } from '../../src/text/refusals.ts';
import { azureRemedies } from '../../src/text/remedies.ts';
import { answers, connect, failureOf, says, under } from '../contract/azure-setup.ts';
import { discard, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { approver } from '../support/builders/fixtures.ts';
import { type FailureRow, meet, type RowOutcome } from '../support/failures/harness.ts';
import { groups, unknownCode } from '../support/failures/rows.ts';

/**
 * The catalogue of failures: every row is met over HTTPS, by the product's own clients and the run's own rules, with the pauses
 * of a run left out. `UPDATE_GOLDEN=1 npm run test:long -- test/long/failures-doc` rewrites the page's list of limits and the golden.
 */

const file = new URL('../../docs/operate/azure-errors.md', import.meta.url);
const place = /(<!-- made: limits -->\n\n)([\s\S]*?)(<!-- \/made -->)/;

const rows = groups.flatMap((group) => group.rows);
const outcomes = new Map<FailureRow, Promise<RowOutcome>>();
let azure: RunningAzure;
beforeAll(async () => {
  azure = await startAzure();
});
afterAll(() => discard(azure));

const met = (row: FailureRow): Promise<RowOutcome> => {
  const outcome = outcomes.get(row) ?? meet(azure, row);
  outcomes.set(row, outcome);
  return outcome;
};

describe.each(groups.map((group) => [group.title, group.rows] as const))('%s', (_title, inGroup) => {
  test.each(inGroup.map((row) => [row.what, row.at, row.ends, row] as const))('%s (%s) It %s.', async (...given) => {
    const [, , ends, row] = given;
    const outcome = await met(row);
    expect(outcome).toMatchObject({ ends, code: row.code, unsaid: [] });
    if (ends !== 'continues') expect(outcome.remedy).not.toBe('');
  });
});

test('a click that Azure leaves without an answer says what to do', async () => {
  const { inventory, groups: directory } = connect(azure, { limits: { firstRetryMs: 1 } });
  const reading = async (status: number, code: string) =>
    failureOf(await under(azure, answers('ResourceGraph', status, says(code)), () => inventory.vaults()));
  const refusals = [
    refuseFailure(await reading(503, 'ServiceUnavailable')),
    refuseFailure(await reading(400, unknownCode)),
    {
      ...refuse('cannot-check-membership'),
      failure: failureOf(
        await under(azure, answers('checkMember', 403, says('Authorization_RequestDenied')), () =>
          directory.memberOf(approver, ['60000000-0000-4000-8000-000000000002']),
        ),
      ),
    },
  ];
  expect(refusals.map(refusalWords)).toMatchObject([
    { title: 'Azure didn’t answer as expected.', text: expect.stringMatching(/Nothing was changed\. Try again in/) },
    {
      title: 'Azure can’t answer this.',
      text: expect.stringContaining('Tell an operator: trying again doesn’t help.'),
    },
    { text: expect.stringContaining('Ask a Privileged Role Administrator to grant its permissions again') },
  ]);
});

test('every scenario is met', () => {
  // What is slow, and what logs are asked about: test/long/azure-failures and test/long/seen-in-use.
  const inRuns = scenarios.filter(({ name }) => name !== 'slow-answers' && !(name in logs.scenarios));
  expect(inRuns.filter(({ name }) => rows.every(({ scenario }) => scenario !== name))).toEqual([]);
});

test('every code with a remedy is met', () => {
  const codes = new Set([...rows.map(({ code }) => code), 'Authorization_RequestDenied']);
  expect(Object.keys(azureRemedies).filter((code) => !codes.has(code))).toEqual([]);
});

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const seconds = (ms: number): string => `${ms / 1_000} s`;

/** The pauses of a step that is tried again, as long as there may be any. */
function pauses(): string {
  const { firstWaitMs, longestWaitMs, waitAttempts } = defaultRetryLimits;
  const all = Array.from({ length: waitAttempts - 1 }, (_, n) => Math.min(firstWaitMs * 2 ** n, longestWaitMs));
  return all.map(seconds).join(', ');
}

const limitsList = (): string => {
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
const failuresGolden = (outcomeOf: (row: FailureRow) => RowOutcome): string =>
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

async function outcomesOfAll(): Promise<(row: FailureRow) => RowOutcome> {
  const all = new Map<FailureRow, RowOutcome>();
  for (const row of rows) all.set(row, await met(row));
  return (row) => {
    const outcome = all.get(row);
    if (outcome === undefined) throw new Error(`nothing came of ${row.what}`);
    return outcome;
  };
}

test('docs/operate/azure-errors.md has the limits that the code makes', () => {
  const text = readFileSync(file, 'utf8');
  const update = process.env.UPDATE_GOLDEN === '1';
  const made = limitsList();
  const now = update ? text.replace(place, (_, before, _old, after) => `${before}${made}\n\n${after}`) : text;
  if (update) writeFileSync(file, now);
  expect(place.exec(now)?.[2]).toBe(`${made}\n\n`);
});

test('test/golden/azure-failures.md has what came of every row', async () => {
  const golden = new URL('../golden/azure-failures.md', import.meta.url);
  const made = `# Failures of Azure, and what came of each\n\n${failuresGolden(await outcomesOfAll())}\n`;
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, made);
  expect(readFileSync(golden, 'utf8')).toBe(made);
});
