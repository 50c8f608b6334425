/** The card of a request that succeeded. */
import { shortDigest } from '../../../domain/digest.ts';
import { highestProof } from '../../../domain/proof.ts';
import type { Request, StepProgress, Succeeded } from '../../../domain/request/request.ts';
import { operationOf, workOf } from '../../../operations/registry.ts';
import { shortDuration } from '../../../text/duration.ts';
import { shortVersion } from '../../../text/places.ts';
import { effectWords, interruptedWords, proofWords, stepWords } from '../../../text/steps.ts';
import { grey, type Line, numberedRow, type Row } from '../data/row.ts';
import { bold, md, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { notesOf, reversibilityLines } from './parts.ts';
import { proofRows } from './proof-rows.ts';
import type { CardContext } from './reader.ts';
import { requestHeaderOf } from './request-header.ts';
import { saidOf } from './said.ts';

function changeRows(request: Request): Row[] {
  const changed = request.plan.steps.filter((step) => step.effects.length > 0);
  return changed.map((step, index) => {
    const lines: Line[] = step.effects.map((effect) => grey(plain(effectWords(effect))));
    const progress = request.progress.find((one) => one.name === step.name);
    return numberedRow(index + 1, plain(stepWords(step.name, step.effects).title), [
      ...lines,
      ...(progress?.already === true ? [grey(plain('It was so already.'))] : []),
      ...(progress?.interrupted === true ? [grey(plain<string>(`${interruptedWords}.`))] : []),
      ...reversibilityLines(step),
    ]);
  });
}

const lastEnd = (progress: readonly StepProgress[]): string | null =>
  progress.findLast((step) => step.endedAt)?.endedAt ?? null;

/** The approval is for the version that it names, also where there is a newer one by the end of the run. */
const newerWords = ({ newestVersion }: Request['outputs']): string =>
  newestVersion === undefined
    ? ''
    : `. A newer version exists (${shortVersion(newestVersion)}), and was not part of the approval.`;

/** What is proved, what is not, and what follows from it. */
export function succeededCard(request: Succeeded, context: CardContext): AdaptiveCard {
  const { names } = context;
  const { plan, outputs } = request;
  const { to } = workOf(plan);
  const { words } = operationOf(plan.wish);
  const version = shortVersion(to.keyVersion ?? outputs.keyVersion ?? '');
  const level = highestProof(request.proofs);
  const ended = lastEnd(request.progress) ?? request.changedAt;
  const took = shortDuration(Date.parse(ended) - Date.parse(request.submittedAt));
  return renderCard('status-succeeded', {
    ...requestHeaderOf(request, context, {
      text: `✓ Succeeded, proof: ${level === null ? 'none' : proofWords[level].name.toLowerCase()}`,
      color: 'Good',
    }),
    result: plain(words.succeeded),
    resultNote: plain<string>(
      `${to.keyName} in ${plan.observation.vault.name}, version ${version}${newerWords(outputs)}`,
    ),
    proofs: proofRows(request),
    caution: md`${bold('▲ From now on:')} ${plain(words.fromNowOn)}`,
    notes: notesOf(plan),
    changes: changeRows(request),
    said: saidOf(request, names),
    note: md`Took ${plain<string>(took)} from the request on. Plan ${plain<string>(shortDigest(request.digest))}.`,
  });
}
