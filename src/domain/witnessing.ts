/**
 * Witness status of a published log: each witness's last signature, contradictions, and whether the newest checkpoint has
 * enough cosignatures.
 */
import type { WitnessStatus } from './ports/published-log.ts';

/** Longest time without a signature that isn't reported: each witness is asked at least every hour. */
const silentMs = 3 * 3_600_000;

export interface WitnessView {
  readonly name: string;
  /** Null: it was never asked. */
  readonly report: WitnessStatus | null;
  /** True: it signed the newest checkpoint that witnesses were asked to sign. */
  readonly current: boolean;
}

export interface WitnessSummary {
  readonly witnesses: readonly WitnessView[];
  /** Number of cosignatures that make a checkpoint witnessed. */
  readonly needed: number;
  readonly current: number;
}

interface Signers {
  /** The witnesses' full verifier keys. */
  readonly keys: readonly string[];
  readonly needed: number;
}

/** Computes the status. Stored statuses of other keys don't count. */
export function summarizeWitnesses({ keys, needed }: Signers, known: readonly WitnessStatus[]): WitnessSummary {
  const reports = keys.map((key) => known.find((one) => one.key === key) ?? null);
  const newest = Math.max(0, ...reports.map((one) => one?.asked.size ?? 0));
  const witnesses = keys.map((key, index) => {
    const report = reports[index] ?? null;
    const current = report !== null && report.contradiction === null && report.signed?.size === newest;
    return { name: key.split('+')[0] ?? key, report, current };
  });
  const current = witnesses.filter((one) => one.current).length;
  return { witnesses, needed, current };
}

/** Whether people have to look: it signed another history, or has answered without a signature for hours. */
export function isInTrouble({ report }: WitnessView, now: Date): boolean {
  if (report === null) return false;
  const { contradiction, asked, signed, since } = report;
  if (contradiction !== null) return true;
  return asked.outcome !== 'signed' && now.getTime() - (signed?.at ?? since).getTime() > silentMs;
}
