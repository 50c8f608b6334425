/** The card of a request that succeeded. */
import { shortDigest } from '../../../domain/digest.ts';
import { highestProof, type Proof } from '../../../domain/proof.ts';
import type { Request, StepProgress, Succeeded, UsageCheck } from '../../../domain/request/request.ts';
import type { UseAnswer } from '../../../domain/usage-check.ts';
import type { OperationWords } from '../../../operations/operation.ts';
import { operationOf, workOf } from '../../../operations/registry.ts';
import { earlierStepWords } from '../../../text/attention.ts';
import { shortDuration } from '../../../text/instants.ts';
import { type KeyUseSentence, usageCheckWords, useWords } from '../../../text/key-use.ts';
import { shortVersion } from '../../../text/places.ts';
import {
  effectWords,
  interruptedWords,
  notCheckedWords,
  proofWords,
  provedWords,
  stepWords,
} from '../../../text/steps.ts';
import { countOf } from '../../../text/words.ts';
import { bold, type CardText, date, dateAndTime, joinText, md, plain, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { endedMark, type Fact, fact, grey, type Line, marks, numberedRow, type Row, row } from '../row.ts';
import { retentionRows } from './decision.ts';
import { reversibilityLines } from './parts.ts';
import { peopleTexts } from './people-texts.ts';
import type { CardContext } from './reader.ts';
import { requestHeaderOf } from './state-line.ts';

const inCard = (parts: KeyUseSentence): CardText =>
  joinText(
    parts.map((part) => (typeof part === 'string' ? plain(part, 600) : dateAndTime(new Date(part.at)))),
    ' ',
  );

const provedRow = ({ level }: Proof, { plan, changedAt }: Succeeded): Row =>
  row(marks.done, plain(proofWords[level].name), [grey(plain(provedWords(level, workOf(plan).to)))], {
    time: time(new Date(changedAt)),
  });

const notCheckedRow = (proof: Proof): Row =>
  row(endedMark, plain(`${proofWords[proof.level].name}: not verified`), [grey(plain(notCheckedWords(proof)))], {
    nameSubtle: true,
  });

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

function useRow({ plan }: Succeeded, { until, judged }: UsageCheck): Row {
  const { inUse } = operationOf(plan.spec).words;
  if (judged !== null) return judgedRow(judged.answer, inUse);
  const lines = [grey(inCard(usageCheckWords(until))), ...more(inUse?.untilSeen)];
  return row(marks.now, plain('Checking whether the resource uses the key'), lines);
}

const proofRows = (request: Succeeded): Row[] =>
  request.proofs.map((proof) => {
    if (proof.level === 'use-seen' && request.use !== null) return useRow(request, request.use);
    return proof.outcome === 'proved' ? provedRow(proof, request) : notCheckedRow(proof);
  });

function changeRows(request: Request): Row[] {
  const { plan, earlier } = request;
  const changed = plan.steps.filter((step) => step.effects.length > 0);
  return [...earlier.map(({ step }) => step), ...changed].map((step, index) => {
    const before = earlier.find((one) => one.step === step);
    const lines: Line[] = step.effects.map((effect) => grey(plain(effectWords(effect))));
    const progress = request.progress.find((one) => one.name === step.name);
    return numberedRow(index + 1, plain(stepWords(step.name, step.effects).title), [
      ...lines,
      ...(before === undefined ? [] : [grey(plain(earlierStepWords(before)))]),
      ...(progress?.already === true ? [grey(plain('Nothing to change: it was already so.'))] : []),
      ...(progress?.interrupted === true ? [grey(plain(`${interruptedWords}.`))] : []),
      ...reversibilityLines(step),
    ]);
  });
}

const lastEnd = (progress: readonly StepProgress[]): string | null =>
  progress.findLast((step) => step.endedAt)?.endedAt ?? null;

/** The approval is for the version that it names, even if a newer one exists at the end of the run. */
const newerWords = ({ newestVersion }: Request['outputs']): string =>
  newestVersion === undefined
    ? ''
    : `. A newer version exists (${shortVersion(newestVersion)}). It wasn’t part of the approval.`;

/** What is verified, what isn't, and what people must retain. */
export function succeededCard(request: Succeeded, context: CardContext): AdaptiveCard {
  const { names } = context;
  const { plan, outputs } = request;
  const { to, make, observed, retire } = workOf(plan);
  const version = shortVersion(to.keyVersion ?? outputs.keyVersion ?? '');
  const named = to.follows ? `follows new versions, now ${version}` : `version ${version}${newerWords(outputs)}`;
  const level = highestProof(request.proofs);
  const ended = lastEnd(request.progress) ?? request.changedAt;
  const took = shortDuration(Date.parse(ended) - Date.parse(request.submittedAt));
  const expires = (make?.kind ?? observed.key)?.expires ?? null;
  const changes = changeRows(request);
  const change: Fact[] = [
    ...[retire ?? []].flat().map((old) => fact('Disabled', bold(`version ${shortVersion(old)}`))),
    fact(retire === undefined ? 'Key' : 'Stays in use', md`${bold(to.keyName)}, ${plain(named)}`),
    fact('Key vault', bold(plan.observation.vault.name)),
    fact('Expires', expires === null ? plain('No expiration date') : date(new Date(expires))),
  ];
  return renderCard('status-succeeded', {
    ...requestHeaderOf(request, context),
    change,
    level: plain(`Verification level: ${level === null ? 'none' : proofWords[level].name.toLowerCase()}`),
    proofs: proofRows(request),
    consequences: retentionRows(plan),
    changesTitle: plain(`${countOf(changes.length, 'change', 'changes')} made in Azure`),
    changes,
    said: peopleTexts(request, names),
    note: md`${plain(took)} from request to done. Plan digest ${plain(shortDigest(request.digest))}.`,
  });
}
