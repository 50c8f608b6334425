/** Whether a published log still holds what a pack shows, and whether more happened to its request. */
import type { AnchorReader } from '../anchor/read-anchor.ts';
import { GrowingTree } from '../tlog/growing-tree.ts';
import { leafHash } from '../tlog/hashes.ts';
import { type Finding, parseBody } from '../verify.ts';
import type { PackReport } from './verify-pack.ts';

export interface InLog {
  /** How many events the log has. */
  readonly size: number;
  /** How many of the request's events are behind those of the pack. */
  readonly more: number;
  readonly findings: readonly Finding[];
}

/** The log's own findings are the reader's. */
export async function packInLog({ checkpoint, events }: PackReport, reader: AnchorReader): Promise<InLog> {
  const findings: Finding[] = [];
  const tree = new GrowingTree();
  const numbers = new Set(events.map(({ seq }) => seq));
  let id: unknown = null;
  let more = 0;
  for await (const body of reader.bodies()) {
    tree.add(leafHash(Buffer.from(body, 'utf8')));
    const seq = tree.size;
    if (seq === checkpoint?.size && !tree.root().equals(checkpoint.root)) {
      findings.push({ seq, kind: 'checkpoint-differs', detail: 'the log has other events than the pack was made of' });
    }
    const of = parseBody(body)?.request;
    if (seq === events[0]?.seq) id = of;
    if (id === null || of !== id || numbers.has(seq)) continue;
    // Of before the pack's last event it should have been in it.
    if (seq > (events.at(-1)?.seq ?? 0)) more += 1;
    else findings.push({ seq, kind: 'proof-differs', detail: 'an event of the request is not in the pack' });
  }
  if (checkpoint !== null && tree.size < checkpoint.size) {
    const detail = `the pack was made of ${checkpoint.size} events, the log has ${tree.size}`;
    findings.push({ seq: tree.size, kind: 'checkpoint-differs', detail });
  }
  return { size: tree.size, more, findings };
}
