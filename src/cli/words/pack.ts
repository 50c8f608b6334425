/** What was found of an evidence pack, in words: the first ones are the answer. */
import type { InLog } from '../../audit/pack/in-log.ts';
import type { PackReport } from '../../audit/pack/verify-pack.ts';
import { countOf } from '../../words/count.ts';
import { plainSentence, verdictWords } from '../../words/evidence.ts';
import { findingsOf } from './report.ts';
import { indent } from './table.ts';

export interface JudgedPack {
  readonly report: PackReport;
  /** Null: it was not compared with a log. */
  readonly log: InLog | null;
  /** The keys came from elsewhere than the pack. */
  readonly keysGiven: boolean;
  /** Whether the key in a vault signed it; null: none was given. */
  readonly vaultSigned: boolean | null;
  /** The report is what this program makes of the events, or of a program that makes another one. */
  readonly page: 'same' | 'of-another-version' | 'differs';
}

const witnessWords = ({ checkpoint }: PackReport): string => {
  const found = checkpoint?.signatures.flatMap(({ key, time }) =>
    time === null ? [] : [`${key.name} (${new Date(time * 1000).toISOString()})`],
  );
  return found === undefined || found.length === 0
    ? 'No witness signed it, by the keys that were given: its owner could have signed another history.'
    : `Witnessed by ${found.join(', ')}.`;
};

const vaultWords = (signed: boolean): string =>
  signed
    ? 'Signed by the key in the vault, too.'
    : 'NOT signed by the key in the vault, which was given: either it did not answer then, or another signed in its place.';

const verdictOf = ({ request, verdict }: PackReport): string =>
  request === null || verdict === null
    ? ''
    : plainSentence(verdictWords(request, verdict, (id) => id ?? 'an operator').sentence);

const pageWords: Readonly<Record<JudgedPack['page'], string>> = {
  same: 'report.html is what these events make.',
  'of-another-version':
    'report.html is of another version of this program and was not compared: believe this answer, not the report.',
  differs: 'report.html is not what these events make: somebody changed it.',
};

const logWords = ({ size, more }: InLog): string =>
  `The log of ${countOf(size, 'event', 'events')} still holds them${more === 0 ? '' : `; ${countOf(more, 'event', 'events')} of the request came later`}.`;

export function packWords({ report, log, keysGiven, vaultSigned, page }: JudgedPack): string {
  const findings = [...report.findings, ...(log?.findings ?? [])];
  if (findings.length > 0)
    return `NOT proved: ${countOf(findings.length, 'finding', 'findings')}\n${indent(findingsOf(findings))}`;
  if (page === 'differs') return `NOT proved: ${pageWords.differs}`;
  const { request, checkpoint, events, texts } = report;
  const what = `${countOf(events.length, 'event', 'events')} of ${request?.id ?? ''}, in the log ${checkpoint?.origin ?? ''} of ${checkpoint?.size ?? 0}`;
  return [
    `${keysGiven && vaultSigned !== false ? 'proved' : 'unknown'}: ${what}`,
    `  ${verdictOf(report)}`,
    `  Plan ${request?.digest ?? ''}, ${request?.policy.rule ?? ''} of policy ${request?.policy.version ?? ''}.`,
    `  ${witnessWords(report)}`,
    ...(vaultSigned === null ? [] : [`  ${vaultWords(vaultSigned)}`]),
    ...(texts === 0 ? [] : [`  ${countOf(texts, 'text', 'texts')} that people wrote, as the record commits to.`]),
    `  ${pageWords[page]}`,
    ...(log === null
      ? [
          '  Would not be noticed: what happened to the request later. --anchor FOLDER compares with a copy of the published log.',
        ]
      : [`  ${logWords(log)}`]),
    ...(keysGiven
      ? []
      : [
          '  The keys were taken from the pack, which shows only that it fits itself. Name those you have from elsewhere with --log-key.',
        ]),
  ].join('\n');
}
