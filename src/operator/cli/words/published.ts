/** What was found of a published log, in words. */
import { countOf } from '../../../text/count.ts';
import type { PublishedReport } from '../published.ts';
import { findingsOf } from './report.ts';
import { indent } from './table.ts';
import { newestWitnessWords } from './witnesses.ts';

/** Follows on `signed`. */
function vaultWords({ vaultKey, checkpoints }: PublishedReport): string {
  if (vaultKey === null) return '';
  const { newest, checkpoints: signed } = vaultKey;
  const which = signed === checkpoints ? 'each' : `${signed} of ${checkpoints}`;
  return newest ? ` (${which} by the key in the vault, too)` : ' (the last one NOT by the key in the vault)';
}

export function publishedWords(report: PublishedReport): string {
  const { origin, events, checkpoints, keysGiven, findings } = report;
  const what = `${countOf(events, 'event', 'events')} under ${countOf(checkpoints, 'checkpoint', 'checkpoints')} of ${origin}`;
  const state =
    findings.length === 0
      ? `Published log: ${what}, signed${vaultWords(report)}, and all of one piece.`
      : `Published log, tampered: ${countOf(findings.length, 'finding', 'findings')} in ${what}\n${indent(findingsOf(findings))}`;
  const whole = [state, ...newestWitnessWords(report.witnessCheck)].join('\n');
  return keysGiven
    ? whole
    : `${whole}\nIts keys were taken from beside it, which shows only that it fits itself. Name those you have from elsewhere with --log-key.`;
}
