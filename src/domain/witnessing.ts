/**
 * Witness status of a published log: each witness's last signature, contradictions, and whether the newest checkpoint has
 * enough cosignatures. Includes the Key Vault key that also signs.
 */
import type { WitnessStanding } from './ports/witnesses.ts';

/** A configured witness. */
export interface WitnessView {
  readonly name: string;
  /** Null: it was never asked. */
  readonly standing: WitnessStanding | null;
  /** True: it signed the newest checkpoint that witnesses were asked to sign. */
  readonly current: boolean;
}

export interface Witnessing {
  readonly witnesses: readonly WitnessView[];
  /** Number of cosignatures that make a checkpoint witnessed. */
  readonly needed: number;
  /** Number of witnesses that signed the newest checkpoint. */
  readonly current: number;
  /** The signing key in Key Vault. It isn't a witness and doesn't count as one. Null: not configured. */
  readonly vaultKey: WitnessView | null;
}

/** Signers from the settings. */
export interface Signers {
  /** The witnesses' full verifier keys. */
  readonly keys: readonly string[];
  /** Number of cosignatures that are needed. */
  readonly needed: number;
  /** The vault key's address; null: none is configured. */
  readonly vaultKey: string | null;
}

/** Computes the status. Stored statuses of other keys don't count. */
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
