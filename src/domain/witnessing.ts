/** How a published log stands with its witnesses: who signed what last, who contradicts, and whether enough have signed the newest. */
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
}

/** `keys`: whole verifier keys of those that are named in the settings. What is kept of others does not count. */
export function witnessingOf(keys: readonly string[], needed: number, known: readonly WitnessStanding[]): Witnessing {
  const standings = keys.map((key) => known.find((one) => one.key === key) ?? null);
  const newest = Math.max(0, ...standings.map((one) => one?.asked.size ?? 0));
  const witnesses = keys.map((key, index) => {
    const standing = standings[index] ?? null;
    const current = standing !== null && standing.contradiction === null && standing.signed?.size === newest;
    return { name: key.split('+')[0] ?? key, standing, current };
  });
  return { witnesses, needed, current: witnesses.filter(({ current }) => current).length };
}

/** Those that know another history of the log. */
export const contradicting = ({ witnesses }: Witnessing): readonly WitnessView[] =>
  witnesses.filter(({ standing }) => standing !== null && standing.contradiction !== null);
