import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedBy } from '../../src/audit/evidence/make-pack.ts';
import { statementReport } from '../../src/audit/evidence/statement/report.ts';
import { filesOf, type PackFiles, packFile, statementFile } from '../../src/audit/pack/files.ts';
import { PackUnusable } from '../../src/audit/pack/pack-report.ts';
import { verifyStatement } from '../../src/audit/pack/verify-statement.ts';
import { keyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import type { Statement } from '../../src/domain/statement/statement.ts';
import { parseEventBody } from '../../src/operations/registry.ts';
import {
  type EvidenceWorld,
  logKey,
  logName,
  startEvidenceWorld,
  witnessKey,
} from '../support/audit/evidence-world.ts';
import { pythonJudge, verifyPy } from '../support/audit/outside-judges.ts';
import { asChange, damagedAnywhere, type PackChange, takenAway, withSums } from '../support/audit/pack-changes.ts';
import { onKey } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { clientsOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner } from '../support/azure/local-azure-names.ts';
import { chromiumPath } from '../support/browser/browser.ts';
import { print } from '../support/browser/printed-report.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  shows,
  submit,
  type,
  until,
} from '../support/world/story.ts';

/** The statement of a period: two agents put under keys, one rotated, one changed around the bot. */

const today = (): string => new Date().toISOString().slice(0, 10);
const from = new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);

let evidence: EvidenceWorld;
let file: string;
let files: PackFiles;
let stated: Statement;

async function make(name: string, period: readonly [string, string]) {
  const out = path.join(evidence.folder, name);
  const args = ['statement', '--from', period[0], '--to', period[1], '--out', out, '--log-key', evidence.keyFile];
  return { out, said: await cmkBot(args, { CMK_DATA_DIR: evidence.world.dataDir }) };
}

async function read(name: string): Promise<PackFiles> {
  const found = filesOf(await readFile(name));
  if (typeof found === 'string') throw new Error(found);
  return found;
}

const statementIn = (made: PackFiles): Statement => JSON.parse(made.get(statementFile)?.toString('utf8') ?? '');

let tries = 0;
/** Makes statements until one says so. */
const isStated = (code: string) =>
  until(async () => {
    tries += 1;
    const { out, said } = await make(`${tries}.zip`, [from, today()]);
    if (said.code !== 0) return false;
    file = out;
    files = await read(out);
    stated = statementIn(files);
    return stated.agents.some(({ drift }) => drift?.states.some((one) => one === code));
  }, `it is stated: ${code}`);

async function succeeds(id: string): Promise<void> {
  const { world } = evidence;
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
}

beforeAll(async () => {
  evidence = await startEvidenceWorld({
    record: 'folder',
    env: { CMK_CHECKPOINT_EVERY: '200ms', CMK_WATCH_INTERVAL: '1s', CMK_OPERATORS: people.secondApprover },
  });
  const { world } = evidence;
  await succeeds(await ask(world, choices.first));
  await succeeds(await ask(world, choices.policies));
  const review = await type(world, people.requester, `/rotate-cmk resource=${choices.first.agent} version=new`);
  await succeeds(await submit(world, review, 'A newer version'));
  const { agent, vault, key } = choices.policies;
  await changeState(
    world.azure,
    onKey(vault, key, (newest) => {
      newest.exp = Math.floor(Date.now() / 1_000) + 9 * 24 * 3_600;
    }),
  );
  await isStated('key-expires');
  const client = clientsOf(world.azure, owner);
  await writeAgent(client, agentId(agent), { properties: { keyVaultProperties: null } });
  await isStated('key-stripped');
  for (const [name, bytes] of files) {
    const unpacked = path.join(evidence.folder, 'unpacked', name);
    await mkdir(path.dirname(unpacked), { recursive: true });
    await writeFile(unpacked, bytes);
  }
}, 300_000);
afterAll(() => evidence.end());

/** By our verifier, as the command line judges; `ok` or what was found. */
async function ours({ files: changed }: PackChange): Promise<string> {
  const found = await verifyStatement(changed, [logKey.verifier, witnessKey.verifier], parseEventBody).catch(
    (error: unknown) => {
      if (error instanceof PackUnusable) return error.message;
      throw error;
    },
  );
  if (typeof found === 'string') return found;
  const { statement, findings } = found;
  if (statement === null || findings[0] !== undefined) return findings[0]?.detail ?? 'unreadable';
  const report = statementReport({ statement, ...signedBy(changed) });
  return changed.get(packFile.report)?.toString('utf8') === report ? 'ok' : 'report';
}

/** The changes that a verifier accepts. */
async function accepted(changes: readonly PackChange[]): Promise<readonly string[]> {
  const judge = await pythonJudge();
  if (judge === null) throw new Error('there is no Python here');
  const theirs = await judge(
    path.join(evidence.folder, 'unpacked'),
    evidence.keyFile,
    changes.map((change) => asChange(files, change)),
  );
  const own = await Promise.all(changes.map(ours));
  return changes.flatMap(({ what }, at) => [
    ...(own[at] === 'ok' ? [`ours: ${what}`] : []),
    ...(theirs[at] === 'ok' ? [`python: ${what}`] : []),
  ]);
}

const withStatement = (what: string, value: unknown): PackChange => ({
  what,
  files: withSums(new Map([...files, [statementFile, Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]])),
});

/** The statement with each of its values edited in turn, and each item of a list left out. */
function edits(value: unknown, place = '$'): readonly (readonly [where: string, edited: unknown])[] {
  if (Array.isArray(value)) {
    return value.flatMap((one, at) => [
      [`${place}[${at}] left out`, value.filter((_, index) => index !== at)] as const,
      ...edits(one, `${place}[${at}]`).map(([where, edited]) => [where, value.with(at, edited)] as const),
    ]);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, one]) =>
      edits(one, `${place}.${name}`).map(([where, edited]) => [where, { ...value, [name]: edited }] as const),
    );
  }
  if (typeof value === 'number')
    return [
      [place, value + 1],
      [`${place} as text`, String(value)],
    ];
  return [[place, value === null ? 0 : `${String(value)}1`]];
}

test('it says what changed, which key each agent has, and what is open', () => {
  const { changes, agents, exceptions, log, gaps } = stated;
  expect(changes.counts).toMatchObject({
    submitted: { before: 0, now: 3 },
    approved: { before: 0, now: 3 },
    succeeded: { before: 0, now: 3 },
    driftsOpened: { before: 0, now: 1 },
    driftsChanged: { before: 0, now: 1 },
    driftsClosed: { before: 0, now: 0 },
  });
  expect(changes.driftsChanged.map(({ states }) => states)).toEqual([['key-stripped']]);
  expect(changes.agentsAdded.map(({ name }) => name)).toEqual([choices.first.agent, choices.policies.agent]);
  expect(changes.keysChanged.map(({ name }) => name)).toEqual([choices.first.agent]);
  expect(changes.keysChanged[0]?.from).toEqual(changes.agentsAdded[0]?.to);
  expect(changes.keysChanged[0]?.to.keyVersion).not.toBe(changes.agentsAdded[0]?.to.keyVersion);
  const [rotated, stripped] = agents;
  expect(rotated).toMatchObject({ name: choices.first.agent, level: 'key-usable', versionAgeDays: 0, drift: null });
  expect(rotated?.key).toEqual(changes.keysChanged[0]?.to);
  expect(stripped).toMatchObject({
    name: choices.policies.agent,
    drift: { states: ['key-stripped'], ageDays: 0, event: changes.driftsOpened[0]?.event },
  });
  expect(exceptions.every(({ owners }) => owners.includes(people.approver))).toBe(true);
  expect(exceptions.map(({ kind, code }) => `${kind} ${code}`)).toContain('warning key-origin-unknown');
  expect(gaps.map(({ code }) => code)).toContain('use-not-observed');
  expect(log.name).toBe(logName);
});

test('the doctor warns of the same drift', async () => {
  const { code, out } = await cmkBot(['doctor', '--only', 'record/drift'], { CMK_DATA_DIR: evidence.world.dataDir });
  expect(out).toContain(`1 agent is not as approved: ${choices.policies.agent} (record/drift)`);
  expect(code).toBe(0);
});

test('both verifiers prove it, also against a copy of the log', async () => {
  const anchor = path.join(evidence.world.dataDir, 'anchor');
  const { code, out } = await cmkBot(['audit', 'verify', file, '--log-key', evidence.keyFile, '--anchor', anchor], {});
  expect(out).toMatch(
    /^verified: statement of \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, of all \d+ events of the log bot\.example\/audit/,
  );
  expect(out).toMatch(/2 agents have an approved customer-managed key\.\n {2}1 agent isn’t as approved\./);
  expect(out).toContain('Requests succeeded: 3 (before: 0)');
  expect(out).toContain('Witnessed by witness.example/w1');
  expect(out).toContain('report.html matches the events.');
  expect(code).toBe(0);
  for (const given of [file, path.join(evidence.folder, 'unpacked')]) {
    const [status, said] = (await verifyPy(given, '--keys', evidence.keyFile, '--later', anchor)) ?? [];
    expect(said).toMatch(/^proved: statement of /);
    expect(said).toContain('2 of 2 agents have an approved key; 1 not as approved');
    expect(said).toContain('still holds them');
    expect(status).toBe(0);
  }
});

test('it has the bot’s own keys, whatever keys the published folder has', async () => {
  const anchor = path.join(evidence.world.dataDir, 'anchor');
  const out = path.join(evidence.folder, 'own.zip');
  const args = ['statement', '--from', from, '--to', today(), '--out', out];
  const named = await cmkBot([...args, '--anchor', anchor], { CMK_DATA_DIR: evidence.world.dataDir });
  expect([named.code, named.err]).toEqual([3, expect.stringContaining('Its keys are from the same folder')]);
  const stranger = signingKey(logName, 'log', Buffer.alloc(32, 7));
  await writeFile(path.join(anchor, 'keys.txt'), `${keyLine(stranger.verifier)}\n`);
  expect(await cmkBot(args, { CMK_DATA_DIR: evidence.world.dataDir })).toMatchObject({ code: 0, err: '' });
  const made = await read(out);
  expect(String(made.get(packFile.keys))).toBe(await readFile(evidence.keyFile, 'utf8'));
  expect(String(made.get(packFile.report))).toContain('witnessed on');
});

test('each value edited in turn, and each item left out, is refused by both verifiers', async () => {
  const changes = edits(stated).map(([where, edited]) => withStatement(where, edited));
  expect(changes.length).toBeGreaterThan(100);
  expect(await accepted([withStatement('nothing', stated)])).toEqual(['ours: nothing', 'python: nothing']);
  expect(await accepted(changes)).toEqual([]);
}, 300_000);

test('an event left out or edited, and any other damage, is refused by both verifiers', async () => {
  const lines = (files.get(packFile.events)?.toString('utf8') ?? '').split('\n').slice(0, -1);
  const withLines = (what: string, some: readonly string[]): PackChange => ({
    what,
    files: withSums(new Map([...files, [packFile.events, Buffer.from(some.map((line) => `${line}\n`).join(''))]])),
  });
  const changes = [
    withLines('the last event left out', lines.slice(0, -1)),
    withLines('the first event left out', lines.slice(1)),
    withLines(
      'an event edited',
      lines.map((line) => line.replace('"key-stripped"', '"agent-failed"')),
    ),
    ...damagedAnywhere(files),
    ...takenAway(files),
    { what: 'a file put in', files: withSums(new Map([...files, ['plan.json', Buffer.from('{}')]])) },
  ];
  expect(await accepted(changes)).toEqual([]);
});

test('an edited report is refused by our verifier, and never believed by the other', async () => {
  const page = (files.get(packFile.report)?.toString('utf8') ?? '').replace('2 of 2', '9 of 9');
  const forged = withSums(new Map([...files, [packFile.report, Buffer.from(page)]]));
  expect(await ours({ what: 'report', files: forged })).toBe('report');
  const [, said] = (await verifyPy(file, '--keys', evidence.keyFile)) ?? [];
  expect(said).toContain('not proved, only checked for damage: README.txt, keys.txt, report.html; trust this output');
});

test('a period without change says so, and prints to one page', async () => {
  const { out, said } = await make('quiet.zip', ['2020-01-01', '2020-01-31']);
  expect(said.out).toContain('Nothing changed in this period.');
  const quiet = await read(out);
  expect(statementIn(quiet).agents).toEqual([]);
  const [code, words] = (await verifyPy(out, '--keys', evidence.keyFile)) ?? [];
  expect([code, words]).toEqual([0, expect.stringContaining('nothing changed')]);
  const chromium = await chromiumPath();
  if (chromium === null) return;
  const pages = async (name: string, of: PackFiles) => {
    const page = path.join(evidence.folder, name);
    await writeFile(page, of.get(packFile.report) ?? '');
    return print(chromium, page, null);
  };
  expect(await pages('quiet.html', quiet)).toEqual({ pages: { A4: 1, Letter: 1 }, overhanging: [], asked: [] });
  expect(await pages('full.html', files)).toEqual({ pages: { A4: 2, Letter: 2 }, overhanging: [], asked: [] });
});

test('a day that hasn’t begun is refused', async () => {
  const { said } = await make('future.zip', ['2026-01-01', '2099-01-01']);
  expect(said).toMatchObject({ code: 2, err: expect.stringContaining('--to: is after today (UTC)') });
});
