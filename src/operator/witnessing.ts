/** How the published log stands with its witnesses, for whoever tells of it. */
import type { Config } from '../config/config.ts';
import type { WitnessBook } from '../domain/ports/witnesses.ts';
import { type Witnessing, witnessingOf } from '../domain/witnessing.ts';

/** Null: none is asked. */
export function witnessingFor(
  { anchor }: Pick<Config, 'anchor'>,
  book: Pick<WitnessBook, 'of'>,
): (() => Promise<Witnessing>) | null {
  if (anchor === null || anchor.witnesses.length === 0) return null;
  const keys = anchor.witnesses.map(({ key }) => key);
  return async () => witnessingOf(keys, anchor.witnessesNeeded, await book.of(anchor.name));
}
