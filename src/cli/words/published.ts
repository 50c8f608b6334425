/** What was found of a published log, in words. */
import { countOf } from '../../words/count.ts';
import type { PublishedReport } from '../published.ts';
import { findingsOf } from './report.ts';
import { indent } from './table.ts';

export function publishedWords({ origin, events, checkpoints, keysGiven, findings }: PublishedReport): string {
  const what = `${countOf(events, 'event', 'events')} under ${countOf(checkpoints, 'checkpoint', 'checkpoints')} of ${origin}`;
  const state =
    findings.length === 0
      ? `Published log: ${what}, signed, and all of one piece.`
      : `Published log, tampered: ${countOf(findings.length, 'finding', 'findings')} in ${what}\n${indent(findingsOf(findings))}`;
  return keysGiven
    ? state
    : `${state}\nIts keys were taken from beside it, which shows only that it fits itself. Name those you have from elsewhere with --log-key.`;
}
