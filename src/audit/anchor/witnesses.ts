/**
 * Requests cosignatures from witnesses. An unreachable witness blocks nothing. A witness that reports another history isn't
 * asked again until an operator resolves the conflict; its answer is stored.
 */
import type { AnchorFiles, WitnessBook, WitnessResponse } from '../../domain/ports/published-log.ts';
import { callServer } from '../../io/call-server.ts';
import { keyId, keyLine, type VerifierKey } from '../tlog/keys.ts';
import { type Hash, hashLines } from '../tlog/merkle-tree.ts';
import { type NoteSignature, openNote } from '../tlog/note.ts';
import { openTiles } from '../tlog/tile-reader.ts';
import type { Published } from './newest-checkpoint.ts';

export interface Witness {
  /** Without a final slash. */
  readonly url: string;
  readonly key: VerifierKey;
}

export type CosignOutcome =
  | {
      readonly kind: 'signed';
      readonly witness: string;
      readonly size: number;
      readonly time: number;
      readonly line: string;
    }
  /**
   * `no-answer`: unreachable or an unexpected answer, so it's asked again the next time. `another-history`: the witness signed
   * another history, so the audit log or the witness's state was replaced. `refused`: the witness doesn't know this log or its
   * key, or isn't a witness, so it needs a change of settings.
   */
  | {
      readonly kind: 'no-answer' | 'another-history' | 'refused';
      readonly witness: string;
      readonly detail: string;
    };

interface CosignRequest {
  readonly old: number;
  /** Consistency proof from that size to the checkpoint. */
  readonly proof: readonly Hash[];
  readonly note: string;
}

export const cosignRequestText = ({ old, proof, note }: CosignRequest): string =>
  `old ${old}\n${hashLines(proof)}\n${note}`;

/** A witness answers with a signature line or a few words; a proxy with a page. */
const limits = { bytes: 65_536, ms: 5_000 };

function signatureIn(text: string, { key }: Witness, published: Published): NoteSignature | null {
  const opened = openNote(`${published.signedNote}${text}`, [key]);
  return typeof opened === 'string' ? null : (opened.signatures.find(({ time }) => time !== null) ?? null);
}

/**
 * Requests a cosignature from one witness, at most twice: its first answer can name the size that it knows. `known`: the
 * assumed size.
 */
async function requestCosignature(
  witness: Witness,
  files: AnchorFiles,
  published: Published,
  known: number,
): Promise<CosignOutcome> {
  const name = witness.key.name;
  const answer = async (old: number) => {
    const proof = await openTiles(files.read, published.size).consistency(old);
    const body = cosignRequestText({ old, proof, note: published.signedNote });
    const response = await callServer(`${witness.url}/add-checkpoint`, { method: 'POST', body, limits });
    return { status: response.status, text: (await response.text()).slice(0, 2_000) };
  };
  try {
    let response = await answer(known);
    const size = response.status === 409 && /^\d+\n$/.test(response.text) ? Number(response.text) : null;
    if (size !== null && size > published.size) {
      const detail = `it has signed ${size} events, and there are ${published.size}`;
      return { kind: 'another-history', witness: name, detail };
    }
    if (size !== null) response = await answer(size);
    const detail = `${response.status} ${response.text.trim()}`;
    if (response.status === 422 || response.status === 409) return { kind: 'another-history', witness: name, detail };
    if (response.status >= 500) return { kind: 'no-answer', witness: name, detail };
    if (response.status !== 200) return { kind: 'refused', witness: name, detail };
    const signature = signatureIn(response.text, witness, published);
    if (signature?.time == null) {
      return { kind: 'refused', witness: name, detail: `its answer is not signed with its key ${keyId(witness.key)}` };
    }
    return { kind: 'signed', witness: name, size: published.size, time: signature.time, line: signature.line };
  } catch (error) {
    return { kind: 'no-answer', witness: name, detail: error instanceof Error ? error.message : String(error) };
  }
}

interface Signed {
  readonly size: number;
  readonly line: string;
  /** Time of the request, in milliseconds since 1970. */
  readonly askedAt: number;
}

const nothingSigned: Signed = { size: 0, line: '', askedAt: 0 };

/** Maximum age of a signature without new events: it confirms that the log was unchanged an hour ago at most. */
const freshMs = 3_600_000;

const maxDetail = 300;

export type ReportOutcomes = (outcomes: readonly CosignOutcome[]) => void;

interface WitnessesPorts {
  readonly log: string;
  readonly book: Pick<WitnessBook, 'of' | 'keep'>;
  readonly now: () => Date;
}

export function openWitnesses(witnesses: readonly Witness[], { log, book, now }: WitnessesPorts) {
  const lastSigned = new Map<Witness, Signed>(witnesses.map((witness) => [witness, nothingSigned]));
  let conflicts = new Map<Witness, CosignOutcome>();

  /** Loads stored conflicts, including those of other processes. These witnesses aren't asked again. */
  async function remember(): Promise<void> {
    const details = new Map((await book.of(log)).map(({ key, contradiction }) => [key, contradiction?.detail]));
    conflicts = new Map(
      [...lastSigned.keys()].flatMap((witness): [Witness, CosignOutcome][] => {
        const detail = details.get(keyLine(witness.key));
        return detail === undefined ? [] : [[witness, { kind: 'another-history', witness: witness.key.name, detail }]];
      }),
    );
  }

  /** Restores signatures from a published checkpoint, so that they aren't lost while a witness is unreachable. */
  function recall(note: string, size: number): void {
    for (const [witness, signed] of lastSigned) {
      const opened = signed.size < size ? openNote(note, [witness.key]) : null;
      const signature = opened === null || typeof opened === 'string' ? null : opened.signatures[0];
      if (signature?.time == null) continue;
      lastSigned.set(witness, { size, line: signature.line, askedAt: signature.time * 1000 });
    }
  }

  function isDue(size: number): boolean {
    const at = now().getTime();
    return [...lastSigned].some(
      ([witness, signed]) =>
        !conflicts.has(witness) && (signed.size !== size || Math.abs(at - signed.askedAt) > freshMs),
    );
  }

  function linesOf(size: number): readonly string[] {
    return [...lastSigned.values()].flatMap((signed) => (signed.size === size ? [signed.line] : []));
  }

  /** Reports the outcomes and then stores them: a database that refuses that must not hide what a witness said. */
  async function ask(files: AnchorFiles, published: Published, report: ReportOutcomes): Promise<void> {
    const results: WitnessResponse[] = [];
    const outcomes = await Promise.all(
      [...lastSigned].map(async ([witness, { size }]) => {
        const conflict = conflicts.get(witness);
        if (conflict !== undefined) return conflict;
        const outcome = await requestCosignature(witness, files, published, Math.min(size, published.size));
        results.push({
          key: keyLine(witness.key),
          size: published.size,
          at: now(),
          outcome: outcome.kind,
          detail: outcome.kind === 'signed' ? '' : outcome.detail.slice(0, maxDetail),
          note: published.signedNote,
        });
        if (outcome.kind === 'another-history') conflicts.set(witness, outcome);
        if (outcome.kind === 'signed') {
          lastSigned.set(witness, { size: outcome.size, line: outcome.line, askedAt: now().getTime() });
        }
        return outcome;
      }),
    );
    report(outcomes);
    await book.keep(log, results);
  }

  return { remember, recall, isDue, linesOf, ask };
}
