import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { anchorFolder } from '../../../src/audit/anchor/files.ts';
import { takeEvidence } from '../../../src/audit/evidence/take-evidence.ts';
import { filesOf, type PackFiles, packFile } from '../../../src/audit/pack/files.ts';
import { verifyPack } from '../../../src/audit/pack/verify-pack.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { AnchorFiles } from '../../../src/domain/ports/published-log.ts';
import type { RevealedText } from '../../../src/domain/record/chain.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { operatorActor, type StoredEvent } from '../../../src/domain/request/events.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';
import { openEvidenceLinks, packPath } from '../../../src/teams/sign-in/evidence-links.ts';
import { logKey, newFolder, publisherOf } from '../../support/audit/published-log.ts';
import { id } from '../../support/builders/commands.ts';
import { approver, reject, requester, submit, tenant } from '../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';
import { type MemoryRequests, memoryRequests } from '../../support/builders/memory-requests.ts';
import { noon, planFor } from '../../support/builders/plans.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';
import { sealedRecord, testKeys } from '../../support/builders/sealed-record.ts';

/** Texts of a pack that are erased while it is made, and downloads of the same pack. */

const actor = operatorActor('duty');
const erasing: Command = { do: 'erase-texts', actor, reason: 'asked for' };

type Moment = 'before' | 'published' | 'texts-read' | 'never';

/** Nothing is erased in memory. */
const given = ({ texts }: Pick<StoredEvent, 'texts'>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([field, text]) => [field, text ?? '']));

/** Publishes all events. Returns the texts that none of them erases. */
async function publish(requests: MemoryRequests, files: AnchorFiles): Promise<readonly RevealedText[]> {
  const written = requests
    .all()
    .map(({ requestId: request, ...event }) => ({ request, ...event, texts: given(event) }));
  // The same salts each time, because events that were published before mustn't change.
  const lines = sealedRecord(written, testKeys, (size) => Buffer.alloc(size, 1));
  await publisherOf(
    files,
    lines.map(({ line }) => line.body),
  ).publish();
  const erased = lines.findLast(({ line }) => line.body.includes('"type":"texts-erased"'))?.line.revision ?? 0;
  return lines.flatMap((line) => line.texts).filter(({ revision }) => revision >= erased);
}

/** Takes the evidence of a rejected request, whose texts are erased at that moment. */
async function packErased(moment: Moment): Promise<PackFiles> {
  const [requests, folder] = [memoryRequests(() => noon), await newFolder()];
  const files = anchorFolder(folder);
  let texts: readonly RevealedText[] = [];
  const runs = (cause: string, command: Command) => requests.append(id, cause, (now, at) => decide(now, command, at));
  const reaches = async (now: Moment): Promise<void> => {
    if (now !== moment) return;
    await runs('erased', erasing);
    texts = [];
  };
  const plan = planFor();
  await runs('asked', submit({ plan, digest: planDigest(plan) }));
  await runs('rejected', reject());
  const log = {
    read: files.read,
    publish: async () => {
      texts = await publish(requests, files);
      await reaches('published');
    },
    timeoutMs: 1_000,
    witnessKeys: [],
    keys: async () => [logKey.verifier],
  };
  const ports = {
    ...{ requests, azure: scriptedAzure(), log, rules: { digest: '', text: '' } },
    names: async () => new Map(),
    texts: async () => {
      const read = texts;
      await reaches('texts-read');
      return read;
    },
  };
  try {
    await reaches('before');
    const wanted = { id, actor, cause: 'evidence', texts: true, names: true, fromSize: null };
    const taken = await takeEvidence(ports, wanted);
    const found = taken.kind === 'made' ? filesOf(taken.archive) : taken.kind;
    if (typeof found === 'string') throw new Error(found);
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
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
  expect((await verifyPack(files, [logKey.verifier], parseEventBody)).findings).toEqual([]);
});

test('downloads of one person give the same pack for ten minutes, unless the request changes', async () => {
  const clock = { ms: noon.getTime() };
  const now = () => new Date(clock.ms);
  const [requests, folder] = [memoryRequests(now), await newFolder()];
  const files = anchorFolder(folder);
  const runs = (cause: string, command: Command) =>
    requests.append(id, cause, (request, at) => decide(request, command, at));
  const log = { read: files.read, timeoutMs: 1_000, witnessKeys: [], keys: async () => [logKey.verifier] };
  const ports = {
    ...{ requests, azure: scriptedAzure(), rules: { digest: '', text: '' } },
    log: { ...log, publish: async () => void (await publish(requests, files)) },
    names: async () => new Map(),
    texts: async () => [],
  };
  const links = openEvidenceLinks({
    ...{
      documents: memoryDocuments(),
      requests,
      now,
      random: randomBytes,
      publicUrl: '',
      tenantId: tenant,
      signIn: 'local',
    },
    rolesOf: async () => ({ kind: 'roles', asks: true, approves: true }),
    take: (requestId, by, cause) =>
      takeEvidence(ports, { id: requestId, actor: by, cause, texts: true, names: true, fromSize: null }),
    log: { info: () => undefined, warn: () => undefined },
  });
  const [, pack] = links.pages;
  async function downloads(person: string): Promise<string> {
    const link = await links.offer({ person: PersonId.parse(person), requestId: id });
    const answer = await pack?.show(new URLSearchParams(link.split('?')[1]), undefined);
    const found = Buffer.isBuffer(answer?.body) ? filesOf(answer.body) : 'no pack';
    if (typeof found === 'string') throw new Error(found);
    return found.get(packFile.events)?.toString('utf8') ?? '';
  }
  const made = () => requests.all().filter(({ body }) => body.type === 'evidence-made').length;
  try {
    const plan = planFor();
    await runs('asked', submit({ plan, digest: planDigest(plan) }));
    const first = await downloads(requester);
    expect(pack?.path).toBe(packPath);
    await downloads(approver);
    for (let n = 0; n < 5; n += 1) expect(await downloads(requester)).toBe(first);
    expect(made()).toBe(2);
    await runs('rejected', reject());
    expect(await downloads(requester)).toContain('"type":"rejected"');
    expect([await downloads(requester), made()]).toEqual([expect.stringContaining('"type":"rejected"'), 3]);
    clock.ms += 10 * 60_000;
    await downloads(requester);
    expect(made()).toBe(4);
  } finally {
    await rm(folder, { recursive: true });
  }
});
