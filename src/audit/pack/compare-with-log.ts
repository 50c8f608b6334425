/** Compares a pack with a copy of the published log, or with a saved checkpoint. */
import type { AnchorReader } from '../anchor/read-anchor.ts';
import { GrowingTree, leafHash, type Tree } from '../tlog/merkle-tree.ts';
import { type Finding, parseBody } from '../verify.ts';
import type { PackReport } from './pack-report.ts';

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
  readonly findings: readonly Finding[];
}

const differs = (seq: number, detail: string): Finding => ({ seq, kind: 'checkpoint-differs', detail });

function relationOf({ checkpoint, older }: PackReport, size: number): Relation {
  if (checkpoint === null || size >= checkpoint.size) return 'holds';
  return older?.size === size ? 'older' : 'older-unproved';
}

/** Returns the roots that the pack signs or proves. */
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
  return { size: tree.size, relation: relationOf(report, tree.size), more, findings };
}

/** Compares a pack with a saved checkpoint, without the log. */
export function compareWithCheckpoint(report: PackReport, kept: Tree): LogComparison {
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
