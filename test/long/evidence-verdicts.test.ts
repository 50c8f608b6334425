import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../src/audit/anchor/files.ts';
import { AnchorReader } from '../../src/audit/anchor/read-anchor.ts';
import { archiveOf } from '../../src/audit/pack/files.ts';
import { utcInWords } from '../../src/text/instants.ts';
import { type EvidenceWorld, logKey, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { verifyPy } from '../support/audit/outside-judges.ts';
import { type Body, packOfRewritten } from '../support/audit/rewritten-log.ts';
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

/** What both verifiers say of a request that did not succeed: what came of it, when and by whom. */

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
