import { archiveOf, packFile } from '../../../src/audit/evidence/pack-files.ts';
import { type ReportFacts, reportOf } from '../../../src/audit/evidence/report/report.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { eventsSince, verdictOf } from '../../../src/domain/evidence/verdict.ts';
import type { RequestId } from '../../../src/domain/ids.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Reading } from '../../../src/domain/request/payloads.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { plainSentence, verdictWords } from '../../../src/text/evidence.ts';
import { type Body, edited, packKeys, packOf, rewritten } from '../../support/audit/packs.ts';
import { publishedIn, suiteFolders } from '../../support/audit/published-log.ts';
import { inPython, saidOf } from '../../support/audit/python-verifier.ts';
import { driftOf } from '../../support/audit/sealed-log.ts';
import {
  asks,
  checks,
  decides,
  does,
  doneWith,
  eventsOf,
  failedWith,
  failure,
  intends,
  policy,
  proved,
  records,
  secondApprover,
  settles,
  toSettingKey,
} from '../../support/builders/commands.ts';
import { approver, requester, requestId, tenant } from '../../support/builders/fixtures.ts';
import {
  key,
  noon,
  planFor,
  principal,
  ref,
  resource,
  toNewVersion,
  under,
  vault,
  version,
  wishToRotate,
} from '../../support/builders/plans.ts';
import { sealedRecord, type Written, writtenEvent } from '../../support/builders/sealed-record.ts';

/** What both verifiers and the report say of the agent when the evidence was made: what was read then, and no more; and its changes. */

const newFolder = suiteFolders();
const first = requestId(1);
const second = requestId(2);
const on = (digit: string) =>
  resource({ systemAssigned: true, principalId: principal, customerKey: under(version(digit)) });
const enabling = planFor();
const held = { resource: on('a'), from: key(), grantHeld: true, vault: vault({ purgeProtection: true }), key: null };
const rotating = planFor({ wished: wishToRotate(toNewVersion), seen: held });

const noteOf = (reading: Reading): Command => ({
  do: 'note-evidence',
  actor: { kind: 'person', id: approver, tenantId: null, signIn: 'local' },
  texts: false,
  reading,
});

function succeeds(request: RequestId, plan: Plan, seqBefore: number, reading: Reading | null = null) {
  const outputs = { keyVersion: version('c') };
  const turns = [
    asks(1, plan),
    decides('approve', approver),
    checks({ plan, policy: policy(1), roleStatuses: { [approver]: 'yes' } }),
    ...plan.steps.flatMap(({ name }) => {
      if (name === 'verify') return [];
      return does(name, name === 'make-key-version' ? { outputs } : {});
    }),
    intends(1, 'verify'),
    records(1, doneWith('verify', { proofs: proved })),
    ...(reading === null ? [] : [noteOf(reading)]),
  ];
  return eventsOf(request, turns, () => noon, seqBefore);
}

const unread = { seen: 'not' as const, failure: failure() };
const readingOf = (found: Reading['resource'], of: Reading['key'] = { seen: 'yes', value: key() }): Reading => ({
  resource: found,
  vault: { seen: 'yes', value: vault() },
  key: of,
  grantHeld: unread,
});

function factsOf(id: RequestId, events: readonly StoredEvent[]): ReportFacts {
  const request = fold(id, events);
  if (request === null) throw new Error('no events');
  const facts = { names: () => null, witness: null, later: [], texts: false };
  return { ...facts, request, events, note: 'log.example\n99\n' };
}

interface Said {
  readonly ours: string;
  readonly python: readonly string[];
  /** The report, without markup. */
  readonly page: string;
}

/** What is said of the request, with the other's events as those that replaced its key. */
function said(events: readonly StoredEvent[], id: RequestId, others: readonly StoredEvent[] = []): Said {
  const other = id === first ? second : first;
  const { request } = factsOf(id, events);
  const later = eventsSince(
    request,
    events,
    others.map((event) => ({ request: other, event })),
  );
  const { sentence } = verdictWords(request, verdictOf(request, events, later), (one) => one ?? 'the bot');
  const bodies = (all: readonly StoredEvent[], of: string) =>
    all.map(({ body, ...rest }) => ({ ...body, ...rest, request: of }));
  const asked = '[one for one in given[0] if one["type"] in verify.ASKING][-1]';
  const say = 'verify.verdict_of(given[0], asked, verify.replacement_of(given[1], given[0], asked))';
  const given = [
    bodies(events, id),
    bodies(
      later.map(({ event }) => event),
      other,
    ),
  ];
  const python = inPython(`(lambda asked: ${say})(${asked})`, given) as readonly string[];
  const page = reportOf({ ...factsOf(id, events), later }).replaceAll(/<style>.*<\/style>|<[^>]+>/gs, '');
  return { ours: plainSentence(sentence), python, page };
}

const seqOf = (events: readonly StoredEvent[]): number => events.at(-1)?.seq ?? 0;

describe('the key of another request, which was read', () => {
  it('is named as the replacement if that request set it after the success', () => {
    const before = succeeds(first, enabling, 0);
    const after = succeeds(second, rotating, seqOf(before));
    const made = succeeds(first, enabling, 0, readingOf({ seen: 'yes', value: on('c') })).at(-1);
    if (made === undefined) throw new Error('no evidence');
    const { ours, python } = said([...before, { ...made, seq: seqOf(after) + 1 }], first, after);
    expect(ours).toContain(`Request ${second} replaced it`);
    expect(python.at(-1)).toContain(`replaced at ${noon.toISOString()} by ${second}`);
  });

  it('is not explained by an earlier request: someone set it again without a request', () => {
    const before = succeeds(first, enabling, 0);
    const events = succeeds(second, rotating, seqOf(before), readingOf({ seen: 'yes', value: on('a') }));
    const { ours, python } = said(events, second, before);
    expect(ours).toContain('When last read, the key was different: the resource had key care');
    expect(python.at(-1)).toMatch(/^WHEN LAST READ, THE KEY WAS DIFFERENT: the resource had care/);
  });
});

/** The pack of the first request, in a log in which the second set the key; read afterwards. */
describe('a pack with events of a later request', () => {
  const before = succeeds(first, enabling, 0);
  const after = succeeds(second, rotating, seqOf(before));
  const reads = (digit: string) => {
    const made = succeeds(first, enabling, 0, readingOf({ seen: 'yes', value: on(digit) })).slice(-1);
    const written = [before, after, made].flatMap((events, n) =>
      events.map((event) => writtenEvent(n === 1 ? second : first, event)),
    );
    // The commands name no real digest.
    return sealedRecord(written).map(({ line: { body, request } }) =>
      body.replace(/1{64}|2{64}/g, planDigest(request === first ? enabling : rotating)),
    );
  };
  const isLater = ({ request, type, data }: Body): boolean =>
    request === second &&
    (type === 'approved' || (type === 'step-done' && ['make-key-version', 'set-cmk'].includes(data.step)));

  it('names the request that replaced the key, and who approved it', async () => {
    const pack = await packOf(reads('c'), first, { later: isLater });
    const words = new RegExp(`replaced at .* by ${second}, approved by ${approver}: event \\d+ set care`);
    expect(saidOf([archiveOf(pack)], packKeys)).toEqual([[0, expect.stringMatching(words)]]);
    expect(pack.get(packFile.report)?.toString('utf8')).toContain(`Request ${second} replaced it`);
  });

  it('is found where these show no approved request, or not the key that was read', async () => {
    const unapproved = await packOf(reads('c'), first, { later: (body) => isLater(body) && body.type !== 'approved' });
    const other = await packOf(reads('b'), first, { later: isLater });
    const unproved = edited(await packOf(reads('c'), first, { later: isLater }), packFile.later, (text) =>
      text.replace(/.*"type":"approved".*\n/, ''),
    );
    const said = saidOf([unapproved, other, unproved].map(archiveOf), packKeys);
    const notLater = [1, expect.stringContaining('later.jsonl: not an approved request that set the key')];
    expect(said).toEqual([notLater, notLater, [1, expect.stringContaining('not an event for every proof')]]);
  });
});

describe('a pack of a key that was different for a time, and is the same again', () => {
  const life = succeeds(first, enabling, 0, readingOf({ seen: 'yes', value: on('a') }));
  const written = life.map((event) => writtenEvent(first, event));
  const opened = driftOf(ref(), 'key-stripped');
  const changed = driftOf(ref(), 'key-stripped', 'key-deleted');
  const closed = driftOf(ref());
  const logOf = (at: number, drifts: readonly Written[]) =>
    sealedRecord(written.toSpliced(at, 0, ...drifts)).map(({ line: { body } }) =>
      body.replace(/1{64}/g, planDigest(enabling)),
    );
  const log = logOf(-1, [opened, changed, closed]);
  const end = log.length;
  const packWith = (bodies: readonly string[], ...seqs: readonly number[]) =>
    packOf(bodies, first, { later: ({ seq }) => seqs.includes(seq) });
  const events = (seqs: string) => `from ${noon.toISOString()} to ${noon.toISOString()} (events ${seqs})`;

  it('says when, and by which events', async () => {
    const pack = await packWith(log, end - 3, end - 2, end - 1);
    const words = `key-stripped, key-deleted, ${events(`${end - 3}, ${end - 2}, ${end - 1}`)}`;
    expect(saidOf([archiveOf(pack)], packKeys)).toEqual([[0, expect.stringContaining(words)]]);
    expect(pack.get(packFile.report)?.toString('utf8')).toContain('key removed, key deleted, from');
  });

  it('is found where it leaves one out, against a copy of the log, or has one of another time', async () => {
    const folder = await newFolder();
    const copy = await publishedIn(folder, rewritten(log, first, (body) => body).record, [end]);
    const none = await packWith(log);
    const cut = await packWith(log, end - 3);
    const missing = [1, expect.stringMatching(/event \d+, a difference that the key watch found, is not in the pack/)];
    expect(saidOf([none, cut].map(archiveOf), packKeys, '--later', copy)).toEqual([missing, missing]);
    expect(saidOf([archiveOf(cut)], packKeys)).toEqual([
      [0, expect.stringContaining('and nothing says that it ended')],
    ]);
    const early = await packWith(logOf(0, [opened, closed]), 1, 2);
    const words = 'later.jsonl: a difference that was not found between the success and the last reading';
    expect(saidOf([archiveOf(early)], packKeys)).toEqual([[1, expect.stringContaining(words)]]);
  });
});

const readAgain = (reading: Reading) => said(succeeds(first, enabling, 0, reading), first);

it('says that the agent no longer exists, and not that it has another key', () => {
  const { ours, python, page } = readAgain(readingOf({ seen: 'absent' }));
  expect(ours).toMatch(/\. When last read, the resource no longer existed\.$/);
  expect(python.at(-1)).toBe('WHEN LAST READ, THE AGENT NO LONGER EXISTED');
  expect(page).toContain('Azure was read again for this report: the resource no longer exists.');
  expect(page).not.toContain('the key has changed');
});

it('lists changes of runs under earlier plans, and those of the last', () => {
  const seen = {
    resource: resource({ systemAssigned: true, principalId: principal, tenantId: tenant }),
    vault: vault({ purgeProtection: true }),
    grantHeld: true,
  };
  const plan = planFor({ seen });
  const turns = [
    ...toSettingKey,
    intends(1, 'set-cmk'),
    records(1, failedWith('set-cmk', null)),
    (asking: number) => settles('retry', requester, { asking }),
    checks({ run: 2, plan, roleStatuses: { [approver]: 'no', [secondApprover]: 'yes' } }),
    (asking: number) => decides('approve', approver, { asking }),
    (asking: number) => decides('approve', secondApprover, { asking }),
    checks({ run: 3, plan }),
    ...does('set-cmk', {}, 3),
  ];
  const facts = factsOf(
    first,
    eventsOf(first, turns, () => noon),
  );
  const [, changed = ''] = reportOf(facts).split('What changed');
  const rows = [...changed.matchAll(/<th scope="row">([^<]*)<\/th><td>([^<]*)/g)].slice(0, 4);
  expect(rows.map(([, change, result]) => `${change}: ${result}`)).toEqual([
    'Resource identity: none → system-assigned: done',
    expect.stringMatching(/^Resource’s role on the key: none → .*: done$/),
    expect.stringMatching(/^Purge protection: off → on .*▲: done$/),
    expect.stringMatching(/^Key: Microsoft-managed → care, .*: done, refused once$/),
  ]);
});
