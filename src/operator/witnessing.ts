/** How the published log stands with its witnesses, for whoever tells of it. */
import type { Config } from '../config/config.ts';
import type { WitnessBook } from '../domain/ports/witnesses.ts';
import { type Witnessing, witnessingOf } from '../domain/witnessing.ts';

/** Null: nobody is asked, no vault either. */
export function witnessingFor(
  { anchor }: Pick<Config, 'anchor'>,
  book: Pick<WitnessBook, 'of'>,
): (() => Promise<Witnessing>) | null {
  if (anchor === null || (anchor.witnesses.length === 0 && anchor.vaultKey === null)) return null;
  const { witnesses, witnessesNeeded: needed, vaultKey } = anchor;
  const keys = witnesses.map(({ key }) => key);
  return async () => witnessingOf({ keys, needed, vaultKey }, await book.of(anchor.name));
}
