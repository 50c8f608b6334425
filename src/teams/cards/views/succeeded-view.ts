/** The card of a request that succeeded. */
import { shortDigest } from '../../../domain/digest.ts';
import { highestProof } from '../../../domain/proof.ts';
import type { Request, StepProgress, Succeeded } from '../../../domain/request/request.ts';
import { workOf } from '../../../operations/registry.ts';
import { countOf } from '../../../text/count.ts';
import { shortDuration } from '../../../text/instants.ts';
import { shortVersion } from '../../../text/places.ts';
import { effectWords, interruptedWords, proofWords, stepWords } from '../../../text/steps.ts';
import { grey, type Line, numberedRow, type Row } from '../data/row.ts';
import { bold, date, md, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { retentionRows } from './decision.ts';
import { reversibilityLines } from './parts.ts';
import { peopleTexts } from './people-texts.ts';
import { proofRows } from './proof-rows.ts';
import type { CardContext } from './reader.ts';
import { requestHeaderOf } from './state-line.ts';

function changeRows(request: Request): Row[] {
  const changed = request.plan.steps.filter((step) => step.effects.length > 0);
  return changed.map((step, index) => {
    const lines: Line[] = step.effects.map((effect) => grey(plain(effectWords(effect))));
    const progress = request.progress.find((one) => one.name === step.name);
    return numberedRow(index + 1, plain(stepWords(step.name, step.effects).title), [
      ...lines,
      ...(progress?.already === true ? [grey(plain('Nothing to change: it was already so.'))] : []),
      ...(progress?.interrupted === true ? [grey(plain<string>(`${interruptedWords}.`))] : []),
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
  const { to, make, observed } = workOf(plan);
  const version = shortVersion(to.keyVersion ?? outputs.keyVersion ?? '');
  const level = highestProof(request.proofs);
  const ended = lastEnd(request.progress) ?? request.changedAt;
  const took = shortDuration(Date.parse(ended) - Date.parse(request.submittedAt));
  const expires = (make?.kind ?? observed.key)?.expires ?? null;
  const changes = changeRows(request);
  return renderCard('status-succeeded', {
    ...requestHeaderOf(request, context),
    change: [
      {
        title: plain('Key'),
        value: md`${bold(to.keyName)}, version ${plain<string>(`${version}${newerWords(outputs)}`)}`,
      },
      { title: plain('Key vault'), value: bold(plan.observation.vault.name) },
      { title: plain('Expires'), value: expires === null ? plain('No expiration date') : date(new Date(expires)) },
    ],
    level: plain<string>(`Verification level: ${level === null ? 'none' : proofWords[level].name.toLowerCase()}`),
    proofs: proofRows(request),
    consequences: retentionRows(plan),
    changesTitle: plain<string>(`${countOf(changes.length, 'change', 'changes')} made in Azure`),
    changes,
    said: peopleTexts(request, names),
    note: md`${plain<string>(took)} from request to done. Plan digest ${plain<string>(shortDigest(request.digest))}.`,
  });
}
