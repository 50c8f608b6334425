/** A request that succeeded after Azure refused it twice, one that was rejected, and their packs of evidence. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../../src/audit/anchor/files.ts';
import { AnchorReader } from '../../../src/audit/anchor/read-anchor.ts';
import type { PackFiles } from '../../../src/audit/evidence/make-pack.ts';
import { http } from '../azure/local-azure.ts';
import { approvalCard, approve, ask, choices, people, places, shows } from '../world/story.ts';
import { type EvidenceWorld, logKey, startEvidenceWorld } from './evidence-world.ts';
import { filesOf } from './pack-changes.ts';

export const readPack = async (file: string): Promise<PackFiles> => filesOf(await readFile(file));

export interface TakenEvidence {
  readonly evidence: EvidenceWorld;
  /** The request that succeeded. */
  readonly id: string;
  /** Its pack without texts, as a file, by its files, and with texts. */
  readonly pack: string;
  readonly files: PackFiles;
  readonly withTexts: PackFiles;
  /** The pack of the request that was rejected. */
  readonly other: PackFiles;
  /** Every event of the published log. */
  readonly bodies: readonly string[];
}

/** The pack's files are also in the folder `unpacked`. */
export async function takeEvidence(): Promise<TakenEvidence> {
  const evidence = await startEvidenceWorld();
  const { world } = evidence;
  const rejected = await ask(world, choices.test);
  await world.teams.click(people.approver, (await approvalCard(world, rejected)).id, 'request.reject', {
    inputs: { comment: 'Not this week' },
  });
  const id = await ask(world, choices.first);
  // So that Azure refuses twice before it does as it is asked.
  const names = ['identity-not-known-yet', 'operation-fails-key-kept'];
  await http(world.azure, 'POST', '/simulator/scenarios', { body: { names } });
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded|is under/);
  const pack = await evidence.take(id, 'pack.zip', '--without-texts');
  const files = await readPack(pack);
  const other = await readPack(await evidence.take(rejected, 'rejected.zip'));
  for (const [name, bytes] of files) {
    const file = path.join(evidence.folder, 'unpacked', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  const anchor = anchorFolder(path.join(world.dataDir, 'anchor'));
  const bodies: string[] = [];
  for await (const body of (await AnchorReader.open(anchor, [logKey.verifier])).bodies()) bodies.push(body);
  const withTexts = await readPack(await evidence.take(id, 'with-texts.zip'));
  return { evidence, id, pack, files, withTexts, other, bodies };
}
