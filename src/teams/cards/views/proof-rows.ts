/** What is verified about a success, and how: one row for each level. */
import type { UseAnswer } from '../../../domain/key-use.ts';
import type { Proof } from '../../../domain/proof.ts';
import type { Succeeded, UsageCheck } from '../../../domain/request/request.ts';
import type { OperationWords } from '../../../operations/operation.ts';
import { operationOf } from '../../../operations/registry.ts';
import { type KeyUseSentence, usageCheckWords, useWords } from '../../../text/key-use.ts';
import { notCheckedWords, proofWords } from '../../../text/steps.ts';
import { endedMark, grey, type Line, marks, type Row, row } from '../data/row.ts';
import { type CardText, dateAndTime, joinText, plain, time } from '../plain-text.ts';

const inCard = (parts: KeyUseSentence): CardText =>
  joinText(
    parts.map((part) => (typeof part === 'string' ? plain(part, 600) : dateAndTime(new Date(part.at)))),
    ' ',
  );

const provedRow = ({ level }: Proof, at: string): Row =>
  row(marks.done, plain(proofWords[level].name), [grey(plain(proofWords[level].proved))], { time: time(new Date(at)) });

const notCheckedRow = (proof: Proof): Row =>
  row(
    endedMark,
    plain<string>(`${proofWords[proof.level].name}: not verified`),
    [grey(plain(notCheckedWords(proof)))],
    { nameSubtle: true },
  );

const { name } = proofWords['use-seen'];
const notSeen = {
  'not-used': { mark: marks.warn, name: 'Use not observed' },
  unknown: { mark: endedMark, name: `${name}: not known` },
} as const;

const more = (words: string | undefined): readonly Line[] => (words === undefined ? [] : [grey(plain(words))]);

function judgedRow(answer: UseAnswer, texts: OperationWords['inUse']): Row {
  const lines = useWords(answer).map((one) => grey(inCard(one)));
  if (answer.outcome === 'used') {
    return row(marks.done, plain(name), [...lines, ...more(texts?.onceSeen)], { time: time(new Date(answer.at)) });
  }
  const { mark, name: title } = notSeen[answer.outcome];
  return row(mark, plain(title), [...lines, ...more(texts?.untilSeen)]);
}

/** The row of the usage check, from its start to its result. */
function useRow({ plan }: Succeeded, { until, judged }: UsageCheck): Row {
  const { inUse } = operationOf(plan.wish).words;
  if (judged !== null) return judgedRow(judged.answer, inUse);
  const lines = [grey(inCard(usageCheckWords(until))), ...more(inUse?.untilSeen)];
  return row(marks.now, plain('Checking whether the agent uses the key'), lines);
}

export const proofRows = (request: Succeeded): Row[] =>
  request.proofs.map((proof) => {
    if (proof.level === 'use-seen' && request.use !== null) return useRow(request, request.use);
    return proof.outcome === 'proved' ? provedRow(proof, request.changedAt) : notCheckedRow(proof);
  });
