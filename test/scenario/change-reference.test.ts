import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packFile } from '../../src/audit/evidence/make-pack.ts';
import { type EvidenceWorld, readPack, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { verifyPy } from '../support/audit/outside-judges.ts';
import { newFolder } from '../support/audit/published-log.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import {
  activityText,
  answered,
  approvalCard,
  choices,
  people,
  places,
  requestIdIn,
  shows,
  type,
  typeAll,
} from '../support/world/story.ts';

/** The change number, from the review page to the evidence pack. */

let evidence: EvidenceWorld;

beforeAll(async () => {
  const file = path.join(await newFolder(), 'policy.json');
  const rule = { name: 'care', match: { resources: ['*'] } };
  await writeFile(file, JSON.stringify({ rules: [rule], changeReference: { pattern: 'CHG[0-9]{7}', required: true } }));
  evidence = await startEvidenceWorld({ env: { CMK_POLICY_FILE: file } });
}, 120_000);
afterAll(() => evidence.end());

test('a request needs a reference that matches the policy; card, history, export and evidence have it', async () => {
  const { world } = evidence;
  const form = await typeAll(world, choices.test);
  expect(JSON.stringify(form)).toContain('"label":"Change number (format CHG[0-9]{7})"');
  const submit = async (changeReference: string): Promise<string> => {
    const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true', changeReference };
    return answered(await world.teams.click(people.requester, form.id, 'form.submit', { inputs }));
  };
  expect(await submit('')).toContain('The change number is missing.');
  const refused = await submit('CHG31');
  expect(refused).toContain('The change number doesn’t have the required format.');
  const id = requestIdIn(await submit('CHG0031337'));
  expect(id).not.toBe('');
  const card = await approvalCard(world, id);
  expect(activityText(card)).toContain('Change number: CHG0031337');
  expect(activityText(await type(world, people.requester, `/cmk-history ${id}`))).toContain('change number CHG0031337');
  await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { reason: 'Not now' } });
  await shows(world, places.operations, people.requester, id, /Rejected/);
  const env = world.settings;
  expect((await cmkBot(['audit', 'export', '--format', 'jsonl'], env)).out).toContain('CHG0031337');
  expect((await cmkBot(['requests', 'show', id], env)).out).toContain('CHG0031337');
  const pack = await evidence.take(id, 'pack.zip');
  expect(await verifyPy(pack, '--keys', evidence.keyFile)).toEqual([0, expect.stringMatching(/^proved: /)]);
  const files = await readPack(pack);
  const textOf = (name: string) => files.get(name)?.toString('utf8');
  expect(textOf(packFile.events)).toContain('"changeReference":"CHG0031337"');
  expect(textOf(packFile.report)).toContain('change number CHG0031337');
});
