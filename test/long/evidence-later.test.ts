import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../src/audit/anchor/files.ts';
import { archiveOf, packFile, provedFiles } from '../../src/audit/evidence/make-pack.ts';
import { type EvidenceWorld, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { edited } from '../support/audit/forged-packs.ts';
import { linesOf, withSums } from '../support/audit/pack-changes.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { readPack } from '../support/audit/taken-evidence.ts';
import { keyIn, onAgent } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { azureState } from '../support/world/path.ts';
import { approvalCard, approve, people, places, shows, submit, type } from '../support/world/story.ts';

/** Evidence of a request after which more happened: a later rotation, a change by hand, and copies of the log from before. */

const agent = 'virtual-visit-agent';
const [vault, key] = ['kv-hospital-keys', 'cmk-virtual-visit'];

let evidence: EvidenceWorld;
/** The log after the first request. */
let older: string;
let olderSize: number;
let first: string;
let second: string;
let pack: string;

const verify = (file: string, ...compare: readonly string[]) =>
  verifyInPython(file, '--keys', evidence.keyFile, ...compare.flatMap((place) => ['--later', place])).slice(0, 2);

async function rotate(how: string): Promise<string> {
  const { world } = evidence;
  const review = await type(world, people.requester, `/rotate-cmk resource=${agent} ${how}`);
  const id = await submit(world, review, 'Twice a year');
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  return id;
}

beforeAll(async () => {
  evidence = await startEvidenceWorld();
  const { world } = evidence;
  first = await rotate('version=newest');
  await evidence.take(first, 'early.zip');
  older = path.join(evidence.folder, 'older');
  await cp(path.join(world.dataDir, 'anchor'), older, { recursive: true });
  olderSize = Number((await readFile(path.join(older, 'checkpoint'), 'utf8')).split('\n')[1]);
  second = await rotate('version=new');
  pack = await evidence.take(first, 'pack.zip', '--from-size', String(olderSize));
}, 400_000);
afterAll(() => evidence.end());

describe('a copy of the log from before', () => {
  it('is older, and goes on into the log of a pack that was made from its size', async () => {
    for (const place of [older, path.join(older, 'checkpoint')]) {
      const python = verify(pack, place);
      expect(python).toEqual([0, expect.stringContaining('the pack proves that its log continues your copy')]);
    }
  });

  it('is older, and nothing else is said of a pack without such a proof', async () => {
    const without = await evidence.take(first, 'without.zip');
    for (const place of [older, path.join(older, 'checkpoint')]) {
      const python = verify(without, place);
      const ask = `request a pack with --from-size ${olderSize}`;
      expect(python).toEqual([2, expect.stringMatching(new RegExp(`^unknown: [\\s\\S]*is older[\\s\\S]*${ask}`))]);
    }
  });

  it('of another history is found, also as a checkpoint alone', async () => {
    const changed = edited(await readPack(pack), packFile.consistency, (text) =>
      text.replace(/\n([A-Za-z0-9+/])(?=[A-Za-z0-9+/]{42}=\n\n)/, (_, a) => (a === 'B' ? '\nA' : '\nB')),
    );
    const file = path.join(evidence.folder, 'changed.zip');
    await writeFile(file, archiveOf(changed));
    const python = verify(file);
    expect(python).toEqual([1, expect.stringContaining('consistency: does not lead to the root')]);
  });

  it('that has more than the log is not proved from', async () => {
    const { code, err } = await cmkBot(['evidence', first, '--from-size', '9999'], evidence.world.settings);
    expect([code, err]).toEqual([1, expect.stringMatching(/the published log has \d+ events, fewer than 9999/)]);
  });
});

describe('a key that is another one now', () => {
  it('was replaced by a later request that was approved: it is named, with its event', async () => {
    const python = verify(pack);
    expect(python).toEqual([
      0,
      expect.stringMatching(
        new RegExp(`replaced at .* by ${second}, approved by ${people.approver}: event \\d+ set ${key}`),
      ),
    ]);
    const page = (await readPack(pack)).get(packFile.report)?.toString('utf8');
    expect(page).toContain(`Request ${second} replaced it`);
  });

  it('with events of a request that did something else is found', async () => {
    const files = await readPack(pack);
    const lines = (files.get(packFile.later)?.toString('utf8') ?? '').split(/(?<=\n)/);
    const approved = lines.findIndex((line) => line.includes('"type":"approved"'));
    const proof = `proofs/${String(Number(JSON.parse(lines[approved] ?? '').seq) - 1).padStart(10, '0')}.tlog-proof`;
    const cut = edited(files, packFile.later, () => lines.filter((_, at) => at !== approved).join(''));
    const file = path.join(evidence.folder, 'unapproved.zip');
    await writeFile(file, archiveOf(edited(cut, proof, () => null)));
    const python = verify(file);
    expect(python).toEqual([1, expect.stringContaining('later.jsonl: not an approved request that set the key')]);
  });

  it('was changed by hand: the answer says that it is not the key of the request, and names none', async () => {
    const { world } = evidence;
    const { versions } = keyIn(await azureState(world), vault, key);
    const byHand = onAgent(agent, ({ content }) => {
      if (content.keyVaultProperties !== null) content.keyVaultProperties.keyVersion = versions[0]?.version ?? '';
    });
    await changeState(world.azure, byHand);
    const file = await evidence.take(second, 'drift.zip');
    const python = verify(file);
    expect(python).toEqual([
      0,
      expect.stringMatching(/WHEN LAST READ, THE KEY WAS DIFFERENT: the agent had .*, and no request in this pack/),
    ]);
    expect((await readPack(file)).has(packFile.later)).toBe(false);
  });

  it('was set again by hand: what is found is the earlier request that a forger names as the later one', async () => {
    const { world } = evidence;
    const ofFirst = linesOf(await readPack(path.join(evidence.folder, 'early.zip'))).filter((line) =>
      /"type":"approved"|"step":"set-cmk".*"type":"step-done"/.test(line),
    );
    const [set] = JSON.parse(ofFirst.at(-1) ?? '').changes;
    const byHand = onAgent(agent, ({ content }) => {
      if (content.keyVaultProperties !== null) content.keyVaultProperties.keyVersion = set.to.keyVersion;
    });
    await changeState(world.azure, byHand);
    const files = await readPack(await evidence.take(second, 'set-again.zip'));
    const anchor = anchorFolder(path.join(world.dataDir, 'anchor'));
    const numbers = (lines: readonly string[]) => lines.map((line) => Number(JSON.parse(line).seq));
    const proved = await provedFiles(anchor.read, numbers(linesOf(files)), { later: numbers(ofFirst) });
    const forged = withSums(new Map([...files, ...proved.files]));
    const file = path.join(evidence.folder, 'forged.zip');
    await writeFile(file, archiveOf(forged));
    const python = verify(file);
    expect(python).toEqual([1, expect.stringContaining('later.jsonl: not an approved request that set the key')]);
  });
});

describe('the requests of a period', () => {
  it('are listed, each with what became of it and the checkpoint it follows from', async () => {
    const anchor = path.join(evidence.world.dataDir, 'anchor');
    const list = (from: string, to: string) =>
      verifyInPython(anchor, '--keys', evidence.keyFile, '--population', from, to);
    const [code, out, err] = list('2020-01-01', '2099-12-31');
    expect([code, err]).toEqual([0, expect.stringMatching(/^proved: [\s\S]*\n {2}2 requests from 2020-01-01/)]);
    const rows = out.trim().split('\n');
    expect(rows).toHaveLength(3);
    for (const [at, id] of [first, second].entries()) {
      expect(rows[at + 1]).toMatch(
        new RegExp(
          `^"${id}","2.*","\\d+","${people.requester}","rotate-cmk",".*${agent}","succeeded","2.*","2.*","${people.approver}","[0-9a-f]{64}","","bot.example/audit"`,
        ),
      );
    }
    expect(list('2020-01-01', '2020-12-31')[1].trim().split('\n')).toHaveLength(1);
  });
});

it('no pack is written where no bot runs that publishes', async () => {
  const { world } = evidence;
  await world.endBot('SIGINT');
  const said = await cmkBot(['evidence', first, '-o', path.join(evidence.folder, 'x.zip')], world.settings);
  expect(said).toMatchObject({ code: 1, err: expect.stringContaining('Check that a bot runs') });
});
