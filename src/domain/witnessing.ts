/**
 * How a published log stands with its witnesses: who signed what last, who contradicts, and whether enough have signed the newest;
 * and how with the key in a vault that signs as well.
 */
import type { WitnessStanding } from './ports/witnesses.ts';

/** A witness that is named in the settings. */
export interface WitnessView {
  readonly name: string;
  /** Null: it was never asked. */
  readonly standing: WitnessStanding | null;
  /** It signed the newest checkpoint that witnesses were asked about. */
  readonly current: boolean;
}

export interface Witnessing {
  readonly witnesses: readonly WitnessView[];
  /** How many have to have signed a checkpoint for it to count as witnessed. */
  readonly needed: number;
  /** How many have signed the newest. */
  readonly current: number;
  /** By its address; it is no witness, and counts for none. Null: no key in a vault signs. */
  readonly vaultKey: WitnessView | null;
}

/** Who is named in the settings. */
export interface Signers {
  /** Whole verifier keys of witnesses. */
  readonly keys: readonly string[];
  /** How many of them have to have signed. */
  readonly needed: number;
  /** Address of the key in a vault; null: none signs. */
  readonly vaultKey: string | null;
}

/** What is kept of others does not count. */
export function witnessingOf({ keys, needed, vaultKey }: Signers, known: readonly WitnessStanding[]): Witnessing {
  const asked = [...keys, ...(vaultKey === null ? [] : [vaultKey])];
  const standings = asked.map((key) => known.find((one) => one.key === key) ?? null);
  const newest = Math.max(0, ...standings.map((one) => one?.asked.size ?? 0));
  const views = asked.map((key, index) => {
    const standing = standings[index] ?? null;
    const current = standing !== null && standing.contradiction === null && standing.signed?.size === newest;
    return { name: key.split('+')[0] ?? key, standing, current };
  });
  const witnesses = views.slice(0, keys.length);
  const current = witnesses.filter((one) => one.current).length;
  return { witnesses, needed, current, vaultKey: views[keys.length] ?? null };
}

/** Those that know another history of the log. */
export const contradicting = ({ witnesses }: Witnessing): readonly WitnessView[] =>
  witnesses.filter(({ standing }) => standing !== null && standing.contradiction !== null);
