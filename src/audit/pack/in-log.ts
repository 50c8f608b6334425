/** Whether a copy of the published log, or a checkpoint that was kept, has the same history as a pack. */
import type { AnchorReader } from '../anchor/read-anchor.ts';
import { GrowingTree, leafHash, type Tree } from '../tlog/merkle-tree.ts';
import { type Finding, parseBody } from '../verify.ts';
import type { PackReport } from './verify-pack.ts';

/**
 * `holds`: the copy has everything that the pack was made of. `older`: it has less, and the pack proves that its log goes on
 * from it. `older-unproved`: it has less, and nothing proves that. `newer-unproved`: a newer checkpoint alone shows nothing.
 */
export type Relation = 'holds' | 'older' | 'older-unproved' | 'newer-unproved';

export interface InLog {
  /** How many events the copy has. */
  readonly size: number;
  readonly relation: Relation;
  /** How many of the request's events are behind those of the pack. */
  readonly more: number;
  readonly findings: readonly Finding[];
}

const differs = (seq: number, detail: string): Finding => ({ seq, kind: 'checkpoint-differs', detail });

function relationOf({ checkpoint, older }: PackReport, size: number): Relation {
  if (checkpoint === null || size >= checkpoint.size) return 'holds';
  return older?.size === size ? 'older' : 'older-unproved';
}

/** Roots that the pack signs or proves, by size. */
const rootsOf = ({ checkpoint, older }: PackReport): readonly Tree[] =>
  [checkpoint, older].filter((one) => one !== null);

/** The log's own findings are the reader's. */
export async function packInLog(report: PackReport, reader: AnchorReader): Promise<InLog> {
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
    // Of before the pack's last event it should have been in it.
    if (seq > (events.at(-1)?.seq ?? 0)) more += 1;
    else findings.push({ seq, kind: 'proof-differs', detail: 'an event of the request is not in the pack' });
  }
  return { size: tree.size, relation: relationOf(report, tree.size), more, findings };
}

/** By a checkpoint of the log that was kept, without the log. */
export function packAndCheckpoint(report: PackReport, kept: Tree): InLog {
  const known = rootsOf(report).find(({ size }) => size === kept.size);
  const isNewer = report.checkpoint !== null && kept.size > report.checkpoint.size;
  return {
    size: kept.size,
    relation: isNewer ? 'newer-unproved' : relationOf(report, kept.size),
    more: 0,
    findings:
      known === undefined || known.root.equals(kept.root)
        ? []
        : [differs(kept.size, 'the checkpoint that was kept has another root than the log of the pack')],
  };
}
