/** Who signs the published log beside itself: what each signed last, who knows another history, and whether enough have signed. */
import type { Contradiction } from '../../domain/ports/witnesses.ts';
import type { Witnessing, WitnessView } from '../../domain/witnessing.ts';
import { utcMinute } from '../../text/instants.ts';
import { enoughWords, vaultKeyWords, witnessWords } from '../../text/witnesses.ts';
import { anchorName } from '../anchor-files.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { witnessingFor } from '../witnessing.ts';
import { command } from './commands.ts';
import { orFail } from './database.ts';
import { about, fail, ok, type Subjects, warn } from './subjects.ts';

const all = about('record/witnesses', 'witnesses');
const vaultSigned = about('record/witnesses', 'key in the vault');

const contradicts = (name: string, { at, detail }: Contradiction, where: string): Diagnosis =>
  fail(
    about('record/witnesses', name),
    `knows another history of the record, since ${utcMinute(at.toISOString())}: ${detail}`,
    `Change nothing: the record was made anew, or the witness’s folder was. Whoever runs it has the last checkpoint it signed, of N events: compare it with checkpoints/N in ${where}. Only once it is settled let it be asked again.`,
    { who: 'an auditor, with whoever runs the witness', commands: [command('cmk-bot', 'audit', 'ask-again', name)] },
  );

function found(view: WitnessView, where: string): Diagnosis {
  const { name, standing, current } = view;
  if (standing?.contradiction) return contradicts(name, standing.contradiction, where);
  const subject = about('record/witnesses', name);
  const words = witnessWords(view, new Date());
  if (current || standing === null) return ok(subject, words);
  const mend =
    standing.asked.outcome === 'refused'
      ? 'Whoever runs it has to tell it of this log: cmk-bot witness add, with the last line of the log’s keys.txt.'
      : 'Look whether it runs and is reached from here. Nothing waits for it.';
  return warn(subject, words, mend);
}

function enough(witnessing: Witnessing): Diagnosis {
  const words = enoughWords(witnessing);
  if (witnessing.current >= witnessing.needed || witnessing.witnesses.every(({ standing }) => standing === null)) {
    return ok(all, words);
  }
  return warn(all, words, 'What is recorded until they sign rests on the log’s key alone. Nothing waits for it.');
}

/** What the vault's key signed last; whether it can now is looked at by itself. */
function lastOf(view: WitnessView): Diagnosis {
  const words = vaultKeyWords(view, new Date());
  if (view.current || view.standing === null) return ok(vaultSigned, words);
  const mend =
    'What the finding record/vault-key says. Nothing waits for it: the next checkpoint covers what is missing.';
  return warn(vaultSigned, words, mend);
}

async function look({ config, store }: Subjects): Promise<readonly Diagnosis[]> {
  const { anchor } = config;
  const witnessing = await witnessingFor(config, store.witnesses)?.();
  if (anchor === null || witnessing === undefined) return [];
  const { witnesses, vaultKey } = witnessing;
  return [
    ...(witnesses.length === 0 ? [] : [enough(witnessing)]),
    ...witnesses.map((view) => found(view, anchorName(anchor.place))),
    ...(vaultKey === null ? [] : [lastOf(vaultKey)]),
  ];
}

export const diagnoseWitnesses = (subjects: Subjects): Promise<readonly Diagnosis[]> =>
  look(subjects).catch(async (error: unknown) => [await orFail(all, Promise.reject(error))]);
