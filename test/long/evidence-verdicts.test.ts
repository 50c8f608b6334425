import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../src/audit/anchor/files.ts';
import { AnchorReader } from '../../src/audit/anchor/read-anchor.ts';
import { archiveOf, type PackFiles } from '../../src/audit/evidence/make-pack.ts';
import { type EvidenceWorld, logKey, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { forgeries } from '../support/audit/forged-packs.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
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
 * What verify.py says at the command line: of a request that did not succeed, what came of it, when and by whom; of a pack that
 * was changed, that it was, or what they don't prove of it.
 */

let evidence: EvidenceWorld;
let bodies: readonly Body[];

const operate = (...words: readonly string[]) =>
  cmkBot(['requests', ...words, '--as', 'Olga'], evidence.world.settings);

/** The time of the request's last event of that type. */
async function timeOf(id: string, type: string): Promise<string> {
  const anchor = anchorFolder(path.join(evidence.world.dataDir, 'anchor'));
  const found: Body[] = [];
  for await (const body of (await AnchorReader.open(anchor, [logKey.verifier])).bodies()) found.push(JSON.parse(body));
  bodies = found;
  return found.findLast((body) => body.request === id && body.type === type)?.time ?? '';
}

const answer = (file: string): string => verifyInPython(file, '--keys', evidence.keyFile)[1];

beforeAll(async () => {
  evidence = await startEvidenceWorld();
}, 400_000);
afterAll(() => evidence.end());

test('a rejected request: who rejected it, at the time of the rejection', async () => {
  const { world } = evidence;
  const id = await ask(world, choices.test);
  await world.teams.click(people.approver, (await approvalCard(world, id)).id, 'request.reject', {
    inputs: { reason: 'Not this week' },
  });
  const file = await evidence.take(id, 'rejected.zip');
  const at = await timeOf(id, 'ended');
  expect(answer(file)).toContain(`triage-agent-test was not changed: rejected by ${people.approver} at ${at}\n`);
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
  const at = await timeOf(own, 'ended');
  expect(answer(file)).toContain(`triage-agent-test was not changed: cancelled by ${people.requester} at ${at}\n`);
  const theirs = await ask(world, choices.test);
  expect(await operate('cancel', theirs)).toMatchObject({ code: 0 });
  const other = await evidence.take(theirs, 'cancelled-by-operator.zip');
  const then = await timeOf(theirs, 'ended');
  expect(answer(other)).toContain(`triage-agent-test was not changed: cancelled by operator Olga at ${then}\n`);
});

test('an expired request: at the time at which it expired', async () => {
  const id = await ask(evidence.world, choices.test);
  await operate('cancel', id);
  await evidence.take(id, 'to-expire.zip');
  const at = await timeOf(id, 'ended');
  const bot = { kind: 'bot', id: null, tenantId: null, signIn: null };
  const expire = (body: Body): Body => {
    if (body.type === 'ended')
      return { ...body, data: { as: 'expired' }, actor: bot, submittedBy: null, result: 'expired' };
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
  expect(answer(file)).toContain(`triage-agent-test was not changed: expired without a decision at ${at}\n`);
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
  expect(answer(waiting)).toContain(
    `triage-agent-prod is not yet under the requested key: needs-attention since ${since}\n`,
  );
  expect(await operate('give-up', id, '--reason', 'Moved to another subscription')).toMatchObject({ code: 0 });
  const file = await evidence.take(id, 'failed.zip');
  const at = await timeOf(id, 'ended');
  expect(answer(file)).toContain(`operator Olga ended it at ${at}; `);
  expect(answer(file)).toMatch(
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

  async function judge(what: string, archive: Buffer): Promise<Found> {
    const file = path.join(evidence.folder, 'changed.zip');
    await writeFile(file, archive);
    const [code, out] = verifyInPython(file, '--keys', evidence.keyFile);
    return foundBy(code, out, what);
  }

  test('as it is, the pack is proved', async () => {
    expect(await judge('nothing', archiveOf(files))).toBe('missed');
  });

  test('every change is found, or the answer names what it doesn’t prove', async () => {
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
        const found = await judge(what, archive);
        if (!isEnough(found)) unexpected.push(`${what}: ${found}`);
      }
    }
    expect(unexpected).toEqual([]);
  }, 600_000);
});
