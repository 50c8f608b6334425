/** The last event that a process knew when it found the audit log changed. It leaves it in the published place; others compare it. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import type { EventHashes } from '../../domain/ports/store.ts';
import type { Link } from '../../domain/record/chain.ts';
import { AnchorContradicts } from './contradiction.ts';

const knownHeadPath = 'known-head';

const textOf = (origin: string, { seq, hash }: Link): string => `${origin}\n${seq}\n${hash}\n`;

const leave = ({ write }: Pick<AnchorFiles, 'write'>, origin: string, head: Link): Promise<void> =>
  write(knownHeadPath, Buffer.from(textOf(origin, head)));

/**
 * Compares the audit log with the head that a process left, if one did. Throws {@link AnchorContradicts}, and errors of the
 * place and the audit log.
 */
async function compare(
  { read }: Pick<AnchorFiles, 'read'>,
  origin: string,
  { head, hashAt }: EventHashes & { readonly head: () => Promise<Link> },
): Promise<void> {
  const text = (await read(knownHeadPath))?.toString('utf8');
  if (text === undefined) return;
  const recorded = (await head()).seq;
  const seq = Number(text.split('\n')[1]);
  const isPlain = Number.isSafeInteger(seq) && seq > 0;
  if (!isPlain) throw new AnchorContradicts('not-this-log', null, recorded, 'unreadable');
  if (recorded < seq) throw new AnchorContradicts('record-shorter', seq, recorded);
  if (text !== textOf(origin, { seq, hash: await hashAt(seq) }))
    throw new AnchorContradicts('record-differs', seq, recorded);
}

export const knownHead = { leave, compare };
