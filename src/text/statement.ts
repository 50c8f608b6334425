/** Statements of a period in words: for the report. */
import type { CustomerKey } from '../domain/observed.ts';
import type { ExceptionKind } from '../domain/statement/approved-state.ts';
import {
  type CountedName,
  countedNames,
  hasChanged,
  type StatedAgent,
  type StatedGap,
  type Statement,
} from '../domain/statement/statement.ts';
import { joinList } from '../domain/strings.ts';
import { shortDrift } from './drift.ts';
import { levelCode } from './evidence.ts';
import { utcDay } from './instants.ts';
import { countOf } from './words.ts';

/** Titles of the counts. */
export const countTitles: Readonly<Record<CountedName, string>> = {
  submitted: 'Requests submitted',
  approved: 'Approvals',
  rejected: 'Rejections',
  cancelled: 'Requests canceled',
  expired: 'Requests expired',
  succeeded: 'Requests succeeded',
  failed: 'Requests ended after a failure',
  driftsOpened: 'Differences found in Azure',
  driftsChanged: 'Differences that changed',
  driftsClosed: 'Differences gone',
};

export const gapWords: Readonly<Record<StatedGap, string>> = {
  'no-approved-key': 'Requested, but never put under a key through the bot',
  'use-not-observed': 'Use of the key not observed in the vault’s log',
  'guard-unknown': 'Azure Policy not read for the approved plan',
  'version-age-unknown': 'Age of the key version unknown',
  'expiry-unknown': 'Expiry of the key version unknown',
};

export const exceptionWords: Readonly<Record<ExceptionKind, string>> = {
  warning: 'Warning accepted',
  irreversible: 'Change that can’t be undone accepted',
  'quick-approval': 'Approved within seconds',
};

/** `cmk-triage in kv-care-prod.vault.azure.net, version 0a1b2c3d` */
export const statedKeyWords = ({ vaultUri, keyName, keyVersion }: CustomerKey): string =>
  `${keyName} in ${vaultUri.replaceAll(/^https:\/\/|\/$/g, '')}, version ${(keyVersion ?? 'newest').slice(0, 8)}`;

/** `31 days old`; `unknown` */
export const ageWords = (days: number | null): string => (days === null ? 'unknown' : countOf(days, 'day', 'days'));

export const expiryWords = (expires: string | null): string => (expires === null ? '–' : utcDay(expires));

export const levelWords = ({ level, levelAt }: Pick<StatedAgent, 'level' | 'levelAt'>): string =>
  level === null ? 'none' : `${levelCode(level)}, ${utcDay(levelAt ?? '')}`;

export const driftStateWords = ({ drift }: StatedAgent): string =>
  drift === null
    ? 'none open'
    : `${joinList(drift.states.map(shortDrift))}, open for ${countOf(drift.ageDays, 'day', 'days')}`;

/** The first sentences: how many agents are as approved, and whether anything changed. */
export function statementSentences(statement: Statement): readonly string[] {
  const { summary } = statement;
  return [
    `${countOf(summary.withApprovedKey, 'agent has', 'agents have')} an approved customer-managed key.`,
    summary.openDrifts === 0
      ? 'No difference is open.'
      : `${countOf(summary.openDrifts, 'agent isn’t', 'agents aren’t')} as approved.`,
    ...(hasChanged(statement) ? [] : ['Nothing changed in this period.']),
  ];
}

/** `Approvals: 2 (before: 1)`, for what occurred in this period or the one before. */
export const countLines = ({ changes: { counts } }: Pick<Statement, 'changes'>): readonly string[] =>
  countedNames
    .filter((name) => counts[name].now + counts[name].before > 0)
    .map((name) => `${countTitles[name]}: ${counts[name].now} (before: ${counts[name].before})`);
