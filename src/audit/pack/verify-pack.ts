/**
 * Verifies an evidence pack: signatures, proofs, the rules for its request's events, and that each view matches the events. The
 * verdict is derived from the events alone.
 */
import { isUtf8 } from 'node:buffer';
import { planDigest } from '../../domain/digest.ts';
import { type Replacement, replacementIn, type Verdict, verdictOf } from '../../domain/evidence/verdict.ts';
import { RequestId } from '../../domain/ids.ts';
import { type Link, RevealedText } from '../../domain/record/chain.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import type { Request } from '../../domain/request/request.ts';
import { openCheckpoint, type SignedCheckpoint } from '../anchor/read-anchor.ts';
import { RequestReplay, type StrictBodyReader } from '../replay-requests.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { leafHash, provesInclusion, type Tree } from '../tlog/merkle-tree.ts';
import { readProofFile } from '../tlog/note.ts';
import { type Finding, genesis, parseBody, verifyLink, verifyTexts } from '../verify.ts';
import { damagedIn, digestOf, isPackFile, neededFiles, type PackFiles, packFile, proofPath, textIn } from './files.ts';
import { nothingRead, type PackReport, PackUnusable } from './pack-report.ts';
import { provedOlder } from './proved-files.ts';
import { type PackEvent, readEvent, viewsOf } from './views.ts';

export function judgeDigest({ seq, body }: StoredEvent): readonly Finding[] {
  if (!('plan' in body.data)) return [];
  const digest = planDigest(body.data.plan);
  const detail = `${body.planDigest}, the plan makes ${digest}`;
  return digest === body.planDigest ? [] : [{ seq, kind: 'plan-digest-differs', detail }];
}

/** Reports texts that a pack with texts omits, although no later event erased them. */
function missingTexts(events: readonly StoredEvent[]): readonly Finding[] {
  const erasedAt = events.findLast(({ body }) => body.type === 'texts-erased')?.revision ?? 0;
  return events
    .filter(({ revision }) => revision > erasedAt)
    .flatMap(({ seq, revision, texts }) =>
      Object.entries(texts).flatMap(([field, text]) =>
        text === null ? [{ seq, kind: 'text-missing' as const, detail: `${field} of revision ${revision}` }] : [],
      ),
    );
}

class PackVerifier {
  readonly findings: Finding[] = [];
  readonly #files: PackFiles;
  readonly #read: StrictBodyReader;
  readonly #checkpoint: SignedCheckpoint;
  readonly #weak: string[] = [];

  constructor(files: PackFiles, checkpoint: SignedCheckpoint, read: StrictBodyReader) {
    this.#files = files;
    this.#checkpoint = checkpoint;
    this.#read = read;
  }

  verify(): Omit<PackReport, 'checkpoint'> {
    for (const detail of damagedIn(this.#files)) this.#note(0, 'file-damaged', detail);
    for (const name of this.#files.keys()) {
      if (!isPackFile(name)) this.#note(0, 'file-damaged', `${name}: not a file of an evidence pack`);
    }
    const texts = this.#texts();
    const bodies = this.#lines(packFile.events);
    const read = bodies.flatMap((body, at) => this.#event(body, at + 1, texts, packFile.events));
    const later = this.#lines(packFile.later).flatMap((body, at) => this.#event(body, at + 1, [], packFile.later));
    this.#onlyTheseProofs([...read, ...later]);
    const older = this.#older();
    const lines = read.map(({ line }) => line);
    this.findings.push(...verifyTexts(lines, texts));
    const events = read.map(({ event }) => event);
    if (this.#files.has(packFile.texts)) this.findings.push(...missingTexts(events));
    const request = read.length === bodies.length ? this.#live(read) : null;
    if (request !== null) this.#views(request, events);
    const verdict = request === null ? null : verdictOf(request, events, this.#replacement(request, later));
    if (verdict !== null) this.#onlyAReplacement(verdict);
    const byNumber = new Map(lines.map(({ seq, body }) => [seq, body]));
    return {
      events,
      request,
      verdict,
      statement: null,
      bodies: byNumber,
      older,
      texts: texts.length,
      weak: this.#weak,
      findings: this.findings,
    };
  }

  #note(seq: number, kind: Finding['kind'], detail: string): void {
    this.findings.push({ seq, kind, detail });
  }

  /** What follows the last newline would be of no line. */
  #lines(name: string): readonly string[] {
    const bytes = this.#files.get(name) ?? Buffer.alloc(0);
    const lines = bytes.toString('utf8').split('\n');
    if (lines.pop() !== '' || !isUtf8(bytes)) this.#note(0, 'file-damaged', `${name}: cut off, or not UTF-8`);
    return lines;
  }

  #texts(): readonly RevealedText[] {
    return this.#lines(packFile.texts).flatMap((line) => {
      try {
        const parsed: unknown = JSON.parse(line);
        const text = RevealedText.parse(parsed);
        // Only the canonical form: with a duplicate key, another reader might use the other value.
        if (JSON.stringify(parsed) === line) return [text];
      } catch {}
      this.#note(0, 'line-unreadable', `${packFile.texts}: ${line.slice(0, 80)}`);
      return [];
    });
  }

  #replacement({ id, plan }: Request, later: readonly PackEvent[]): Replacement | null {
    return later.some(({ request }) => request === id) ? null : replacementIn(later, plan.wish.resource.id);
  }

  /** Events of a later request are only allowed if they show what replaced the key. */
  #onlyAReplacement(verdict: Verdict): void {
    if (!this.#files.has(packFile.later) || (verdict.is === 'under-key' && verdict.replacedBy !== null)) return;
    this.#note(0, 'view-differs', `${packFile.later}: not an approved request that set the key that Azure showed`);
  }

  #event(body: string, row: number, texts: readonly RevealedText[], file: string): readonly PackEvent[] {
    const found = readEvent(body, texts, this.#read);
    if (typeof found === 'string') {
      this.#note(0, 'body-unknown', `${file} line ${row}: ${found}`);
      return [];
    }
    const { seq } = found.line;
    if (!this.#isInLog(body, seq - 1)) {
      this.#note(seq, 'proof-differs', `${file} line ${row}, ${proofPath(seq - 1)}`);
    }
    this.findings.push(...judgeDigest(found.event));
    return [found];
  }

  #older(): Tree | null {
    const file = this.#files.get(packFile.consistency);
    if (file === undefined) return null;
    const older = provedOlder(file, this.#checkpoint);
    if (older === null)
      this.#note(0, 'proof-differs', `${packFile.consistency}: does not lead to the root that was signed`);
    return older;
  }

  #isInLog(body: string, index: number): boolean {
    const proof = readProofFile(textIn(this.#files, proofPath(index)));
    if (proof === null || proof.index !== index) return false;
    const note = textIn(this.#files, packFile.checkpoint);
    const { size, root } = this.#checkpoint;
    return proof.note === note && provesInclusion(leafHash(Buffer.from(body, 'utf8')), index, size, proof.hashes, root);
  }

  /** A proof without its event means that an event was left out. */
  #onlyTheseProofs(read: readonly PackEvent[]): void {
    const wanted = new Set(read.map(({ line }) => proofPath(line.seq - 1)));
    for (const name of this.#files.keys()) {
      if (name.startsWith('proofs/') && !wanted.has(name))
        this.#note(0, 'proof-differs', `${name}: of no event in the pack`);
    }
  }

  #live(read: readonly PackEvent[]): Request | null {
    const id = RequestId.safeParse(read[0]?.line.request).data;
    if (id === undefined) {
      this.#note(0, 'begins-otherwise', `${packFile.events}: no request`);
      return null;
    }
    let last: Link = { seq: 0, hash: genesis };
    const replay = new RequestReplay(this.#read, true, (seq, kind, detail) => this.#note(seq, kind, detail));
    for (const { line } of read) {
      if (line.request !== id) this.#note(line.seq, 'another-request', `${line.request}, not ${id}`);
      if (line.seq <= last.seq) this.#note(line.seq, 'not-contiguous', `event ${line.seq} after ${last.seq}`);
      // For consecutive events, the chain can be checked too.
      if (line.seq === last.seq + 1) this.findings.push(...verifyLink(last, line));
      last = line;
      const body = parseBody(line.body);
      if (body !== null) replay.event(line, body);
    }
    if (this.findings.length > 0) return null;
    return fold(
      id,
      read.map(({ event }) => event),
    );
  }

  /** Older events contain only the beginning of the digest. Another policy with the same beginning can be found in minutes. */
  #rules({ policy }: Request): void {
    const rules = this.#files.get(packFile.rules);
    if (rules === undefined) return;
    const digest = digestOf(rules);
    if (policy.digest === undefined) this.#weak.push(packFile.rules);
    if (policy.digest === undefined ? digest.startsWith(policy.version) : digest === policy.digest) return;
    this.#note(0, 'view-differs', `${packFile.rules}: not the policy ${policy.version} that applied`);
  }

  #views(request: Request, events: readonly StoredEvent[]): void {
    this.#rules(request);
    for (const [name, expected] of viewsOf(request, events)) {
      if (this.#files.get(name)?.equals(expected) !== true)
        this.#note(0, 'view-differs', `${name}: not what the events make`);
    }
  }
}

/** Verifies what the checkpoint covers, by `verify`, if a given key signed it. Throws {@link PackUnusable}. */
export async function verifySigned(
  files: PackFiles,
  keys: readonly VerifierKey[],
  needed: readonly string[],
  verify: (checkpoint: SignedCheckpoint) => Omit<PackReport, 'checkpoint'>,
): Promise<PackReport> {
  const missing = needed.filter((name) => !files.has(name));
  if (missing.length > 0) throw new PackUnusable(`there is no ${missing.join(', ')} in it`);
  const { fault, checkpoint } = await openCheckpoint(
    async (name) => files.get(name) ?? null,
    packFile.checkpoint,
    keys,
  );
  if (checkpoint !== null) return { ...verify(checkpoint), checkpoint };
  if (/no-known-signature|of another log/.test(fault)) throw new PackUnusable(fault);
  const findings = [{ seq: 0, kind: 'checkpoint-not-signed', detail: fault }] as const;
  return { ...nothingRead, checkpoint, findings };
}

/** Verifies a pack. `keys`: the given keys, compared completely. Throws {@link PackUnusable}. */
export const verifyPack = (
  files: PackFiles,
  keys: readonly VerifierKey[],
  read: StrictBodyReader,
): Promise<PackReport> =>
  verifySigned(files, keys, neededFiles, (checkpoint) => new PackVerifier(files, checkpoint, read).verify());
