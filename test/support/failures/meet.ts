/** Meets one row: runs or looks under its trouble, and tells what came of it. */
import { codeOf, type Failure } from '../../../src/domain/failure.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { statusCard } from '../../../src/teams/cards/views/status-view.ts';
import { messageOf, sourceWords } from '../../../src/text/failures.ts';
import { remedyWords } from '../../../src/text/remedies.ts';
import { notCheckedWords, stepTable } from '../../../src/text/steps.ts';
import { waitingWords } from '../../../src/text/waiting.ts';
import { http, type RunningAzure } from '../azure/local-azure.ts';
import { contextAt } from '../cards/card-readers.ts';
import { wordsOf } from '../world/story.ts';
import { type AzureUnderRun, azureUnderRun, wishNamed } from './azure-under-run.ts';
import type { Ends, FailureRow, Looked, LookRow, RunRow } from './failure-row.ts';
import { type Approved, approvedOn, type Met } from './run-under-trouble.ts';

export interface Outcome extends Looked {
  readonly by: string;
  readonly tries: number;
  readonly waitedMs: number;
  readonly waiting: string;
  /** What the cards lack of these words; empty. */
  readonly unsaid: readonly string[];
}

/** Every word of the card that the requester sees. */
const cardOf = (request: Request): string =>
  wordsOf(statusCard(request, contextAt(request.changedAt, { kind: 'requester' }))).replaceAll('\\', '');

/** Time passes for grants that do not count yet. */
const pass = (azure: AzureUnderRun, ms: number): Promise<void> =>
  azure.change((state) => {
    for (const one of state.roleAssignments) {
      one.effectiveAt = new Date(Date.parse(one.effectiveAt) - ms).toISOString();
    }
    // A read shows the state of so long ago, which has passed.
    state.settings.readLagMs = Math.max(0, state.settings.readLagMs - ms);
  });

/** What a request that succeeded does not claim, of what it tries to. */
const notProved = (request: Request): string => {
  const left = request.state === 'succeeded' ? request.proofs.filter(({ outcome }) => outcome !== 'proved') : [];
  return left
    .filter(({ level }) => level === 'key-usable')
    .map(notCheckedWords)
    .join(' ');
};

const saysOf = (failure: Failure): string => (failure.source === 'bot' ? messageOf(failure) : sourceWords(failure));

async function driveUnder(azure: AzureUnderRun, row: RunRow, approved: Approved) {
  const begins = row.from ?? row.at;
  let [brought, attempts, passed, waitingCard] = [false, 0, 0, ''];
  const met = await approved.drive(
    1,
    async (turn, waitedMs) => {
      if (row.timePasses === true && waitedMs > passed) await pass(azure, waitedMs - passed);
      passed = waitedMs;
      const now = turn === 'intend' && waitedMs > 0 ? await approved.load() : null;
      if (now?.progress.some(({ state }) => state === 'waiting')) waitingCard = cardOf(now);
      if (turn === row.at) attempts += 1;
      if (turn === row.at && attempts === 2) await row.later?.(azure, approved);
      if (brought || turn !== begins) return;
      brought = true;
      await row.bring(azure, approved);
    },
    row.at,
  );
  return { met, waitingCard };
}

const endsOf = ({ request }: Met): Ends => {
  if (request.state === 'succeeded') return 'continues';
  if (request.state === 'needs-attention') return 'needs attention';
  throw new Error(`it is ${request.state}`);
};

async function meetRun(azure: AzureUnderRun, row: RunRow): Promise<Outcome> {
  await row.before?.(azure);
  const approved = await approvedOn(azure.running, await wishNamed(row.wish ?? 'enable', azure), row.choices);
  const { met, waitingCard } = await driveUnder(azure, row, approved);
  const { failures, tries, waitedMs, request } = met;
  const [ends, last] = [endsOf(met), failures.at(-1) ?? null];
  const asks = ends === 'needs attention' && last !== null;
  const waited = asks ? failures.slice(0, -1) : failures;
  const waiting = row.at === 'check' ? [] : [...new Set(waited.map(waitingWords))];
  const shown = asks ? [saysOf(last), remedyWords(last)] : [notProved(request)];
  const lacks = (card: string, words: readonly string[]) => words.filter((one) => !card.includes(one));
  const unsaid = [...lacks(waitingCard, waiting.slice(-1)), ...lacks(cardOf(request), shown)];
  if (row.retries === true) {
    await approved.retry();
    const again = await approved.drive(2, async () => undefined, row.at);
    if (again.request.state !== 'succeeded') {
      throw new Error(
        `Retry: ${JSON.stringify(again.request.state === 'needs-attention' ? again.request.failure : again.request.state)}`,
      );
    }
  }
  return {
    by: row.at === 'check' ? 'the pre-run check' : stepTable[row.at].title,
    ...{ tries, waitedMs, ends, unsaid },
    code: last === null ? null : codeOf(last),
    waiting: waiting.join(' '),
    says: asks ? saysOf(last) : notProved(request),
    remedy: asks ? remedyWords(last) : '',
  };
}

async function meetLook(azure: AzureUnderRun, row: LookRow): Promise<Outcome> {
  const looked = await row.look(azure);
  return { ...looked, by: row.by, tries: 1, waitedMs: 0, waiting: '', unsaid: [] };
}

/** Azure is put back afterwards. */
export async function meet(running: RunningAzure, row: FailureRow): Promise<Outcome> {
  const azure = azureUnderRun(running);
  const before = await azure.state();
  const putBack = async (): Promise<void> => {
    delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
    await azure.allOff();
    await http(running, 'PUT', '/simulator/state', { body: before });
  };
  return (row.kind === 'run' ? meetRun(azure, row) : meetLook(azure, row)).finally(putBack);
}
