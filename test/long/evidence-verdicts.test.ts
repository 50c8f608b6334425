import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../src/audit/anchor/files.ts';
import { AnchorReader } from '../../src/audit/anchor/read-anchor.ts';
import { archiveOf, type PackFiles } from '../../src/audit/pack/files.ts';
import { utcInWords } from '../../src/text/instants.ts';
import { type EvidenceWorld, logKey, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { edited, forgeries } from '../support/audit/forged-packs.ts';
import { verifyPy } from '../support/audit/outside-judges.ts';
import { type Body, packOfRewritten } from '../support/audit/rewritten-log.ts';
import { readPack } from '../support/audit/taken-evidence.ts';
import { zipChanges } from '../support/audit/zip-changes.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
} from '../support/world/story.ts';

/**
 * What both verifiers say at the command line: of a request that did not succeed, what came of it, when and by whom; of a pack that
 * was changed, that it was, or what they don't prove of it.
 */

let evidence: EvidenceWorld;
let bodies: readonly Body[];

const operate = (...words: readonly string[]) =>
  cmkBot(['requests', ...words, '--as', 'Olga'], { CMK_DATA_DIR: evidence.world.dataDir });

/** The time of the request's last event of that type. */
async function timeOf(id: string, type: string): Promise<string> {
  const anchor = anchorFolder(path.join(evidence.world.dataDir, 'anchor'));
  const found: Body[] = [];
  for await (const body of (await AnchorReader.open(anchor, [logKey.verifier])).bodies()) found.push(JSON.parse(body));
  bodies = found;
  return found.findLast((body) => body.request === id && body.type === type)?.time ?? '';
}

async function answers(file: string): Promise<readonly [ours: string, python: string]> {
  const ours = await cmkBot(['audit', 'verify', file, '--log-key', evidence.keyFile], {});
  const python = await verifyPy(file, '--keys', evidence.keyFile);
  return [ours.out, python?.[1] ?? ''];
}

async function bothSay(file: string, ours: string, python: string): Promise<void> {
  const [own, theirs] = await answers(file);
  expect(own).toContain(ours);
  expect(theirs).toContain(python);
}

beforeAll(async () => {
  evidence = await startEvidenceWorld({ record: 'folder' });
}, 120_000);
afterAll(() => evidence.end());

test('a rejected request: who rejected it, at the time of the rejection', async () => {
  const { world } = evidence;
  const id = await ask(world, choices.test);
  await world.teams.click(people.approver, (await approvalCard(world, id)).id, 'request.reject', {
    inputs: { reason: 'Not this week' },
  });
  const file = await evidence.take(id, 'rejected.zip');
  const at = await timeOf(id, 'rejected');
  await bothSay(
    file,
    `triage-agent-test was not changed: ${people.requester} requested it, ${people.approver} rejected it, ${utcInWords(at)}.`,
    `triage-agent-test was not changed: rejected by ${people.approver} at ${at}\n`,
  );
});

test('a cancelled request: by the requester, or by the operator whose name was given', async () => {
  const { world } = evidence;
  const own = await ask(world, choices.test);
  await world.teams.click(
    people.requester,
    (await shows(world, places.operations, people.requester, own, /./)).id,
    'request.cancel',
  );
  const file = await evidence.take(own, 'cancelled.zip');
  const at = await timeOf(own, 'cancelled');
  await bothSay(
    file,
    `${people.requester} requested it, ${people.requester} cancelled it, ${utcInWords(at)}.`,
    `triage-agent-test was not changed: cancelled by ${people.requester} at ${at}\n`,
  );
  const theirs = await ask(world, choices.test);
  expect(await operate('cancel', theirs)).toMatchObject({ code: 0 });
  const other = await evidence.take(theirs, 'cancelled-by-operator.zip');
  const then = await timeOf(theirs, 'cancelled');
  await bothSay(
    other,
    `${people.requester} requested it, operator Olga cancelled it, ${utcInWords(then)}.`,
    `triage-agent-test was not changed: cancelled by operator Olga at ${then}\n`,
  );
});

test('an expired request: at the time at which it expired', async () => {
  const id = await ask(evidence.world, choices.test);
  await operate('cancel', id);
  await evidence.take(id, 'to-expire.zip');
  const at = await timeOf(id, 'cancelled');
  const bot = { kind: 'bot', id: null, tenantId: null, signIn: null };
  const expire = (body: Body): Body => {
    if (body.type === 'cancelled')
      return { ...body, type: 'expired', actor: bot, submittedBy: null, result: 'expired' };
    const isAsked = body.type === 'submitted';
    return isAsked ? { ...body, data: { ...body.data, policy: { ...body.data.policy, expiresAt: at } } } : body;
  };
  const files = await packOfRewritten(
    bodies.map((body) => JSON.stringify(body)),
    id,
    logKey,
    expire,
  );
  const file = path.join(evidence.folder, 'expired.zip');
  await writeFile(file, archiveOf(files));
  await bothSay(
    file,
    `triage-agent-test was not changed: ${people.requester} requested it, expired without a decision, ${utcInWords(at)}.`,
    `triage-agent-test was not changed: expired without a decision at ${at}\n`,
  );
});

test('a failed request: where the run stopped, who ended it and when; before that, since when it waits', async () => {
  const { world } = evidence;
  const body = { error: { code: 'AuthorizationFailed', message: 'not permitted' } };
  await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, respond: { status: 403, body } });
  const id = await ask(world, choices.first);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Needs attention/);
  await mendAzure(world);
  const waiting = await evidence.take(id, 'waiting.zip');
  const since = await timeOf(id, 'attention-needed');
  await bothSay(
    waiting,
    `is not yet under the key that ${people.requester} requested: it needs attention at “`,
    `triage-agent-prod is not yet under the requested key: needs-attention since ${since}\n`,
  );
  expect(await operate('give-up', id, '--reason', 'Moved to another subscription')).toMatchObject({ code: 0 });
  const file = await evidence.take(id, 'failed.zip');
  const at = await timeOf(id, 'given-up');
  await bothSay(
    file,
    `and operator Olga ended the request, ${utcInWords(at)}. Done and not undone: “`,
    `operator Olga ended it at ${at}; `,
  );
  const [, python] = await answers(file);
  expect(python).toMatch(
    /failed, the run stopped at grant-key-access, and operator Olga .*; done, and left as it is: enable-identity/,
  );
});

describe('a pack of a request that succeeded', () => {
  let files: PackFiles;
  let other: PackFiles;
  beforeAll(async () => {
    const { world } = evidence;
    const id = await ask(world, choices.policies);
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    files = await readPack(await evidence.take(id, 'pack.zip'));
    other = await readPack(path.join(evidence.folder, 'rejected.zip'));
  });

  type Found = 'found' | 'named' | 'missed';

  /** `named`: the answer says of the file that it is not proved, not checked or not in the pack. */
  function foundBy(code: number | null, out: string, what: string): Found {
    if (code !== 0) return 'found';
    const named = /^ {2}(?:not proved|not in the pack|also signed by)[^\n]*/gim;
    const [name = ''] = /^[\w.]+(?=:)|verify\.py/.exec(what) ?? [];
    const wanted = what.includes('stranger') ? 'stranger.example' : name;
    return wanted !== '' && [...out.matchAll(named)].some(([line]) => line.includes(wanted)) ? 'named' : 'missed';
  }

  async function judge(what: string, archive: Buffer): Promise<readonly [ours: Found, python: Found]> {
    const file = path.join(evidence.folder, 'changed.zip');
    await writeFile(file, archive);
    const ours = await cmkBot(['audit', 'verify', file, '--log-key', evidence.keyFile], {});
    const python = (await verifyPy(file, '--keys', evidence.keyFile)) ?? [null, ''];
    return [foundBy(ours.code, `${ours.out}${ours.err}`, what), foundBy(...python, what)];
  }

  test('as it is, the pack is proved by both', async () => {
    expect(await judge('nothing', archiveOf(files))).toEqual(['missed', 'missed']);
  });

  const renamed = (text: string): string =>
    text.replace('Requester', 'Somebody else').replace('witness.example', 'w.example');

  test.each<[string, string, (text: string) => string]>([
    ['names.json', 'changed', renamed],
    ['names.json', 'emptied', () => ''],
    ['names.json', 'cut off', (text) => text.slice(0, -9)],
    ['names.json', 'of no names', () => '{"1":2}'],
    ['keys.txt', 'changed', renamed],
  ])('%s: %s, it is blamed itself, and not the report made of it', async (name, _how, edit) => {
    const file = path.join(evidence.folder, 'changed.zip');
    await writeFile(file, archiveOf(edited(files, name, edit)));
    const { code, out } = await cmkBot(['audit', 'verify', file, '--log-key', evidence.keyFile], {});
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^integrity errors: ${name}: changed since report\\.html`)),
    ]);
  });

  test('every change is found by both verifiers, or the answers of both name what they don’t prove', async () => {
    const kinds = [
      ...forgeries(files, other).map(({ changes, expected }) => ({
        expected,
        changes: changes.map((change) => ({ what: change.what, archive: archiveOf(change.files) })),
      })),
      { changes: zipChanges(files), expected: 'found or named' },
    ];
    const unexpected: string[] = [];
    const unchanged = archiveOf(files);
    for (const { changes, expected } of kinds) {
      const isEnough = (found: Found): boolean => found === 'found' || (found === 'named' && expected !== 'found');
      for (const { what, archive } of changes) {
        if (archive.equals(unchanged)) throw new Error(`${what}: nothing was changed`);
        const [ours, python] = await judge(what, archive);
        if (!isEnough(ours) || !isEnough(python)) unexpected.push(`${what}: ours ${ours}, Python ${python}`);
      }
    }
    expect(unexpected).toEqual([]);
  }, 600_000);
});
