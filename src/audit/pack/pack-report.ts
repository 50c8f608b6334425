/** What the verification of an evidence pack or a statement found. */
import type { Verdict } from '../../domain/evidence/verdict.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Statement } from '../../domain/statement/statement.ts';
import type { AnchorReader, SignedCheckpoint } from '../anchor/read-anchor.ts';
import { GrowingTree, leafHash, type Tree } from '../tlog/merkle-tree.ts';
import { type Finding, parseBody } from '../verify.ts';

export interface PackReport {
  /** Null: a given key signed another text. */
  readonly checkpoint: SignedCheckpoint | null;
  readonly events: readonly StoredEvent[];
  /** The request, folded from the events; null: unreadable. */
  readonly request: Request | null;
  readonly verdict: Verdict | null;
  /** Null: evidence of one request. */
  readonly statement: Statement | null;
  /** Event bodies as hashed, by number. */
  readonly bodies: ReadonlyMap<number, string>;
  /** An older tree that the pack proves to be the beginning of its log; null: none. */
  readonly older: Tree | null;
  /** Files that aren't proved, because the events only contain a short digest. */
  readonly weak: readonly string[];
  /** Number of texts in the pack. Each matches its commitment. */
  readonly texts: number;
  readonly findings: readonly Finding[];
}

export const nothingRead: Omit<PackReport, 'findings'> = {
  checkpoint: null,
  events: [],
  request: null,
  verdict: null,
  statement: null,
  bodies: new Map(),
  older: null,
  weak: [],
  texts: 0,
};

/** The pack can't be verified: a file is missing, or no given key signed it. */
export class PackUnusable extends Error {
  override readonly name = 'PackUnusable';
}

/**
 * `holds`: the copy contains all events of the pack's log. `older`: it's shorter, and the pack proves consistency.
 * `older-unproved`: it's shorter, without a proof. `newer-unproved`: a newer checkpoint alone proves nothing.
 */
type Relation = 'holds' | 'older' | 'older-unproved' | 'newer-unproved';

export interface LogComparison {
  /** Number of events in the copy. */
  readonly size: number;
  readonly relation: Relation;
  /** Number of the request's events after those of the pack. */
  readonly more: number;
  /** Number of the copy's checkpoints of a key of the log that wasn't given. */
  readonly keysMissing: number;
  readonly findings: readonly Finding[];
}

const differs = (seq: number, detail: string): Finding => ({ seq, kind: 'checkpoint-differs', detail });

function relationOf({ checkpoint, older }: PackReport, size: number): Relation {
  if (checkpoint === null || size >= checkpoint.size) return 'holds';
  return older?.size === size ? 'older' : 'older-unproved';
}

const rootsOf = ({ checkpoint, older }: PackReport): readonly Tree[] =>
  [checkpoint, older].filter((one) => one !== null);

/** Compares a pack with a log. The reader has the log's own findings. */
export async function compareWithLog(report: PackReport, reader: AnchorReader): Promise<LogComparison> {
  const { events, bodies } = report;
  const findings: Finding[] = [];
  const tree = new GrowingTree();
  let id: unknown = null;
  let more = 0;
  for await (const body of reader.bodies()) {
    tree.add(leafHash(Buffer.from(body, 'utf8')));
    const seq = tree.size;
    for (const { size, root } of rootsOf(report)) {
      if (seq === size && !tree.root().equals(root)) {
        findings.push(differs(seq, 'the log has other events than the pack was made of'));
      }
    }
    const of = parseBody(body)?.request;
    if (seq === events[0]?.seq) id = of;
    const own = bodies.get(seq);
    if (own !== undefined && own !== body) findings.push(differs(seq, 'the log has another event than the pack'));
    if (id === null || of !== id || own !== undefined) continue;
    // An event before the pack's last one should be in the pack.
    if (seq > (events.at(-1)?.seq ?? 0)) more += 1;
    else findings.push({ seq, kind: 'proof-differs', detail: 'an event of the request is not in the pack' });
  }
  return { size: tree.size, relation: relationOf(report, tree.size), more, keysMissing: reader.keysMissing, findings };
}

export function compareWithCheckpoint(report: PackReport, kept: Tree): LogComparison {
  const known = rootsOf(report).find(({ size }) => size === kept.size);
  const isNewer = report.checkpoint !== null && kept.size > report.checkpoint.size;
  return {
    size: kept.size,
    relation: isNewer ? 'newer-unproved' : relationOf(report, kept.size),
    more: 0,
    keysMissing: 0,
    findings:
      known === undefined || known.root.equals(kept.root)
        ? []
        : [differs(kept.size, 'the checkpoint that was kept has another root than the log of the pack')],
  };
}
