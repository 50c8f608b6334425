import { expect, test } from '@jest/globals';
import { anchorFolder } from '../../../src/audit/anchor/anchor-folder.ts';
import { archiveOf, type PackFiles, packFile } from '../../../src/audit/evidence/pack-files.ts';
import { takeEvidence } from '../../../src/audit/evidence/take-evidence.ts';
import type { RequestId } from '../../../src/domain/ids.ts';
import type { AnchorFiles } from '../../../src/domain/ports/published-log.ts';
import type { RevealedText } from '../../../src/domain/record/chain.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { operatorActor } from '../../../src/domain/request/events.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { filesOf, packKeys } from '../../support/audit/packs.ts';
import { logKey, publisherOf, suiteFolders } from '../../support/audit/published-log.ts';
import { saidOf } from '../../support/audit/python-verifier.ts';
import { asked, driftOf, succeeds } from '../../support/audit/sealed-log.ts';
import { id, reject } from '../../support/builders/commands.ts';
import { type MemoryRequests, memoryRequests } from '../../support/builders/memory-requests.ts';
import { noon, ref } from '../../support/builders/plans.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';
import { sealedRecord, testKeys, writtenEvent } from '../../support/builders/sealed-record.ts';

/** Texts of a pack that are erased while it is made. */

const newFolder = suiteFolders();

const actor = operatorActor('duty');
const erasing: Command = { do: 'erase-texts', actor, reason: 'asked for' };

type Moment = 'before' | 'published' | 'texts-read' | 'never';

/** Publishes all events. Returns the texts that none of them erases. */
async function publish(requests: MemoryRequests, files: AnchorFiles): Promise<readonly RevealedText[]> {
  const written = requests.all().map((event) => writtenEvent(event.requestId, event));
  // The same salts each time, because events that were published before mustn't change.
  const lines = sealedRecord(written, testKeys, (size) => Buffer.alloc(size, 1));
  await publisherOf(
    files,
    lines.map(({ line }) => line.body),
  ).publish();
  const erased = lines.findLast(({ line }) => line.body.includes('"type":"texts-erased"'))?.line.revision ?? 0;
  return lines.flatMap((line) => line.texts).filter(({ revision }) => revision >= erased);
}

/** A request in memory, and the log that its events are published in. `erases`: whether the texts are erased at that moment. */
async function evidenceOf(erases: (moment: Moment) => Promise<boolean> = async () => false) {
  const requests = memoryRequests(() => noon);
  const { read, write } = anchorFolder(await newFolder());
  let texts: readonly RevealedText[] = [];
  const log = {
    read,
    publish: async () => {
      texts = await publish(requests, { read, write });
      if (await erases('published')) texts = [];
    },
    timeoutMs: 1_000,
    witnessKeys: [],
    keys: [logKey.verifier],
  };
  const ports = {
    requests,
    azure: scriptedAzure(),
    log,
    rules: { digest: '', text: '' },
    names: async () => new Map(),
    texts: async () => {
      const found = texts;
      await erases('texts-read');
      return found;
    },
  };
  const runs = (cause: string, command: Command) =>
    requests.append(id, cause, (request, time) => decide(request, command, time));
  await runs('asked', asked);
  return {
    requests,
    runs,
    take: (cause: string) => takeEvidence(ports, { id, actor, cause, texts: true, names: true, fromSize: null }),
    takeFrom: (fromSize: number) =>
      takeEvidence(ports, { id, actor, cause: 'from', texts: false, names: false, fromSize }),
    takeUnpublished: () =>
      takeEvidence(
        { ...ports, log: { ...log, publish: async () => undefined, timeoutMs: 0 } },
        { id, actor, cause: 'late', texts: false, names: false, fromSize: null },
      ),
  };
}

function filesIn(archive: unknown): PackFiles {
  if (!Buffer.isBuffer(archive)) throw new Error('no pack');
  return filesOf(archive);
}

/** Takes the evidence of a rejected request, whose texts are erased at that moment. */
async function packErased(moment: Moment): Promise<PackFiles> {
  const { runs, take } = await evidenceOf(
    async (now) => now === moment && (await runs('erased', erasing)).kind === 'accepted',
  );
  await runs('rejected', reject());
  if (moment === 'before') await runs('erased', erasing);
  const taken = await take('evidence');
  return filesIn(taken.kind === 'made' ? taken.archive : null);
}

const written = ['Policy 7', 'Not this week'];

test.each<readonly [moment: Moment, texts: readonly string[] | null]>([
  ['never', written],
  ['before', []],
  ['published', null],
  ['texts-read', null],
])('texts erased at the moment "%s": the pack has %j of them, and verifies', async (moment, expected) => {
  const files = await packErased(moment);
  const texts = files.get(packFile.texts)?.toString('utf8');
  expect(texts === undefined ? null : written.filter((text) => texts.includes(text))).toEqual(expected);
  expect(saidOf([archiveOf(files)], `${packKeys}quorum 0\n`)).toEqual([[0, expect.stringMatching(/^proved: /)]]);
});

test('a pack has the differences that the key watch found since, of the agent alone', async () => {
  const { requests, runs, take } = await evidenceOf();
  for (const [n, turn] of succeeds.slice(1).entries())
    await runs(`turn ${n}`, typeof turn === 'function' ? turn(1) : turn);
  const all = requests.all();
  for (const { request, ...drift } of [driftOf(ref(), 'key-stripped'), driftOf(ref('bot-ward')), driftOf(ref())]) {
    const place = { seq: all.length + 1, revision: 1, cause: 'watch' };
    all.push({ ...drift, ...place, requestId: request as RequestId });
  }
  const taken = await take('evidence');
  const files = filesIn(taken.kind === 'made' ? taken.archive : null);
  const later = files.get(packFile.later)?.toString('utf8') ?? '';
  expect(
    later
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).seq),
  ).toEqual([all.length - 3, all.length - 1]);
});

test('no pack is made of what was not published, nor from a size that was not', async () => {
  const { take, takeFrom, takeUnpublished } = await evidenceOf();
  expect(await takeUnpublished()).toEqual({ kind: 'not-published', published: 0, needed: 2 });
  await take('evidence');
  expect(await takeFrom(99)).toEqual({ kind: 'not-published', published: 3, needed: 99 });
  const taken = await takeFrom(2);
  expect(filesIn(taken.kind === 'made' ? taken.archive : null).has(packFile.consistency)).toBe(true);
});
