/** Checks the witnesses of the published log: last signatures, conflicts, and whether enough signed. */
import type { Contradiction } from '../../domain/ports/published-log.ts';
import type { WitnessSummary, WitnessView } from '../../domain/witnessing.ts';
import { utcMinute } from '../../text/instants.ts';
import { enoughWords, witnessWords } from '../../text/witnesses.ts';
import { anchorName, witnessingFor } from '../published-log.ts';
import { command } from './commands.ts';
import { failOn } from './database.ts';
import type { Diagnosis } from './diagnosis.ts';
import { about, fail, ok, type Subjects, warn } from './subjects.ts';

const all = about('record/witnesses');

const contradicts = (name: string, { at, detail }: Contradiction, where: string): Diagnosis =>
  fail(
    about('record/witnesses', name),
    `signed a different version of the audit log, since ${utcMinute(at.toISOString())}: ${detail}`,
    `Change nothing: the audit log or the witness’s folder was replaced. The witness’s operator has the last checkpoint that it signed, of N events. Compare it with checkpoints/N in ${where}. Run the command only after you know the cause.`,
    [command('cmk-bot', 'audit', 'ask-again', name)],
    'an auditor, with the witness’s operator',
  );

function found(view: WitnessView, where: string): Diagnosis {
  const { name, report, current } = view;
  if (report?.contradiction) return contradicts(name, report.contradiction, where);
  const subject = about('record/witnesses', name);
  const words = witnessWords(view, new Date());
  if (current || report === null) return ok(subject, words);
  const fix =
    report.asked.outcome === 'refused'
      ? 'Its operator must add this log to it, with the last line of the log’s keys.txt.'
      : 'Check that it runs and can be reached from here. No request waits for it.';
  return warn(subject, words, fix);
}

function enoughSigned(witnessing: WitnessSummary): Diagnosis {
  const words = enoughWords(witnessing);
  return witnessing.current >= witnessing.needed || witnessing.witnesses.every(({ report }) => report === null)
    ? ok(all, words)
    : warn(all, words, 'Until they sign, only the log’s own key protects new events. Nothing waits for witnesses.');
}

async function diagnose({ config, store }: Subjects): Promise<readonly Diagnosis[]> {
  const { anchor } = config;
  const witnessing = await witnessingFor(config, store.witnesses)?.();
  if (anchor === null || witnessing === undefined) return [];
  return [enoughSigned(witnessing), ...witnessing.witnesses.map((view) => found(view, anchorName(anchor.place)))];
}

export const diagnoseWitnesses = (subjects: Subjects): Promise<readonly Diagnosis[]> =>
  diagnose(subjects).catch((error: unknown) => [failOn(all)(error)]);
