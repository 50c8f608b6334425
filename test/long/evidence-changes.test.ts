import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { archiveOf, filesOf, type PackFiles } from '../../src/audit/pack/files.ts';
import { type EvidenceWorld, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { edited, forgeries } from '../support/audit/forged-packs.ts';
import { verifyPy } from '../support/audit/outside-judges.ts';
import { zipChanges } from '../support/audit/zip-changes.ts';
import { table } from '../support/docs/table.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { approvalCard, approve, ask, choices, people, places, shows } from '../support/world/story.ts';

/** An evidence pack changed in every way that an auditor from outside tried, as a zip, judged as people call both verifiers. */

let evidence: EvidenceWorld;
let files: PackFiles;
let other: PackFiles;

async function read(file: string): Promise<PackFiles> {
  const found = filesOf(await readFile(file));
  if (typeof found === 'string') throw new Error(found);
  return found;
}

beforeAll(async () => {
  evidence = await startEvidenceWorld({ record: 'folder' });
  const { world } = evidence;
  const rejected = await ask(world, choices.test);
  await world.teams.click(people.approver, (await approvalCard(world, rejected)).id, 'request.reject', {
    inputs: { reason: 'Not this week' },
  });
  const id = await ask(world, choices.first);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  files = await read(await evidence.take(id, 'pack.zip'));
  other = await read(await evidence.take(rejected, 'rejected.zip'));
}, 120_000);
afterAll(() => evidence.end());

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

test.each(['names.json', 'keys.txt'])(
  '%s: changed, it is blamed itself, and not the report made of it',
  async (name) => {
    const file = path.join(evidence.folder, 'changed.zip');
    const edit = (text: string): string =>
      text.replace('Requester', 'Somebody else').replace('witness.example', 'w.example');
    await writeFile(file, archiveOf(edited(files, name, edit)));
    const { code, out } = await cmkBot(['audit', 'verify', file, '--log-key', evidence.keyFile], {});
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^integrity errors: ${name}: changed since report\\.html`)),
    ]);
  },
);

test('every change is found by both verifiers, or the answers of both name what they don’t prove', async () => {
  const kinds = [
    ...forgeries(files, other).map(({ kind, changes, expected }) => ({
      kind,
      expected,
      changes: changes.map((change) => ({ what: change.what, archive: archiveOf(change.files) })),
    })),
    { kind: 'the zip', changes: zipChanges(files), expected: 'found or named' },
  ];
  const rows: string[][] = [];
  const unexpected: string[] = [];
  const unchanged = archiveOf(files);
  for (const { kind, changes, expected } of kinds) {
    const counts = { ours: { found: 0, named: 0, missed: 0 }, python: { found: 0, named: 0, missed: 0 } };
    for (const { what, archive } of changes) {
      if (archive.equals(unchanged)) throw new Error(`${what}: nothing was changed`);
      const [ours, python] = await judge(what, archive);
      counts.ours[ours] += 1;
      counts.python[python] += 1;
      const isEnough = (found: Found): boolean => found === 'found' || (found === 'named' && expected !== 'found');
      if (!isEnough(ours) || !isEnough(python)) unexpected.push(`${what}: ours ${ours}, Python ${python}`);
    }
    const of = ({ found, named }: typeof counts.ours): readonly string[] => [String(found), String(named)];
    rows.push([kind, String(changes.length), ...of(counts.ours), ...of(counts.python)]);
  }
  const head = ['change', 'number', 'ours: found', 'named', 'Python: found', 'named'];
  process.stdout.write(`${table('Changes of an evidence pack', head, rows)}\n`);
  expect(unexpected).toEqual([]);
}, 600_000);
