import { isRemovableBlock, traitsOf } from '../../../domain/check.ts';
import { armIdParts } from '../../../domain/ids.ts';
import type { ObservedKey } from '../../../domain/observed.ts';
import { blocksOf, type Plan } from '../../../domain/plan.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import { lowerFirst, upperFirst } from '../../../domain/strings.ts';
import type { Form } from '../../../operations/form.ts';
import { noObstacle, type Obstacle } from '../../../operations/obstacle.ts';
import { isFor } from '../../../operations/operation.ts';
import { answerOn, type FactsOf, type PageFacts } from '../../../operations/pages/page.ts';
import { resourcePage as whichResource } from '../../../operations/pages/resource-page.ts';
import { operationNamed, operationOf } from '../../../operations/registry.ts';
import { checkWords, openRequestWords } from '../../../text/checks.ts';
import { utcDay } from '../../../text/instants.ts';
import { kindWords } from '../../../text/keys.ts';
import { resourceTitle, shortVersion } from '../../../text/places.ts';
import { refusalWords } from '../../../text/refusals.ts';
import { countOf } from '../../../text/words.ts';
import { bold, type CardText, type Label, label, md, nothing, plain, sentences, withDates } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { acceptWords, decisionOf, keepWords } from './decision.ts';
import { planChangeRows } from './difference.ts';
import { keyPageCard, vaultPageCard } from './form-key-view.ts';
import { resourcePageCard } from './form-resource-view.ts';
import { canGoBack, formHeaderOf, passRows, vaultAddress } from './parts.ts';

type Facts = FactsOf<'version'>;

const isAnother = ({ newest, current, follows }: Facts): boolean =>
  newest !== null && !follows && newest.version !== current?.keyVersion;

const about = ({ enabled, created, expires }: ObservedKey): string =>
  [
    ...(enabled ? [] : ['disabled']),
    ...(created === null ? [] : [`created ${utcDay(created)}`]),
    expires === null ? 'no expiry' : `expires ${utcDay(expires)}`,
  ].join(', ');

/** A choice is a label, which can't show dates in the reader's format, so days are written out. */
function choicesOf(facts: Facts) {
  const { newest, makes } = facts;
  return [
    ...(newest !== null && isAnother(facts)
      ? [{ title: label(`Newest version: ${shortVersion(newest.version)}, ${about(newest)}`), value: 'newest' }]
      : []),
    ...(makes === null
      ? []
      : [{ title: label(`New version, created when the run starts: ${kindWords(makes)}`), value: 'new' }]),
    { title: label('Another key or vault'), value: 'other' },
  ];
}

function inUseTitle({ current, follows, newest }: Facts): string {
  if (follows) return `Follows new versions${newest === null ? '' : `: now ${shortVersion(newest.version)}`}`;
  return current?.keyVersion == null ? 'No version named' : `Version ${shortVersion(current.keyVersion)}`;
}

function inUseNote({ inUse, current, follows }: Facts): CardText {
  if (current?.keyVersion === null && !follows)
    return plain('It isn’t known whether the resource follows newer versions.');
  return plain(inUse === null ? 'The bot can’t read this version.' : upperFirst(about(inUse)));
}

/** Returns what applies to all choices. */
function notesOn(facts: Facts): readonly CardText[] {
  const { current, vault, newest } = facts;
  const isHsm = current?.vaultUri.includes('.managedhsm.');
  const why = isHsm ? 'Managed HSM isn’t supported.' : 'The bot can’t read the vault of this key.';
  return [
    ...(vault === null ? [plain(`${why} You can only choose another key.`)] : []),
    ...(newest === null || isAnother(facts) ? [] : [plain('The resource uses the newest version of its key.')]),
    plain('The old version stays enabled. This request doesn’t disable it.'),
  ];
}

function underMicrosoftsKey(form: Form, { resource }: Facts, problem: Refusal | null): AdaptiveCard {
  const { instead } = operationNamed(form.operation);
  return renderCard('form-version', {
    ...formHeaderOf(form, problem),
    canGoBack: canGoBack(form),
    subject: plain(resource.name),
    inUse: plain('Microsoft-managed key'),
    inUseNote: nothing,
    choices: [],
    selected: '',
    notes: [],
    nothingToChoose: md`${bold('There is no version to rotate.')} This resource uses a Microsoft-managed key.`,
    instead: label(form.changes === null ? operationNamed(instead).words.offer : ''),
  });
}

function versionPageCard(form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard {
  const { resource, current, vault, chosen } = facts;
  if (current === null) return underMicrosoftsKey(form, facts, problem);
  const choices = choicesOf(facts);
  return renderCard('form-version', {
    ...formHeaderOf(form, problem),
    canGoBack: canGoBack(form),
    subject: md`${plain(resource.name)}  ·  ${plain(current.keyName)} in ${plain(vault?.name ?? vaultAddress(current.vaultUri))}`,
    inUse: plain(inUseTitle(facts)),
    inUseNote: inUseNote(facts),
    choices,
    selected: choices.find(({ value }) => value === chosen)?.value ?? choices[0]?.value ?? '',
    notes: notesOn(facts).map((text) => ({ text })),
    nothingToChoose: nothing,
    instead: label(''),
  });
}

type Review = FactsOf<'review'>;

const removable = 'The audit log isn’t published, so the database owner can remove decisions.';

/** Why the request can't be submitted, and how to fix that. */
interface Block {
  readonly title: CardText;
  readonly text: CardText;
  readonly remedy: CardText;
}

/** For a request that can't be edited any more: blocks the page. */
function changeBlocks({ change }: Review): Block[] {
  if (change === null || change.refusal === null) return [];
  const { title, text } = refusalWords(change.refusal);
  return [{ title: plain(title), text: sentences(text), remedy: nothing }];
}

function changingWords(form: Form): CardText {
  if (form.changes === null) return nothing;
  // The key of a repair isn't chosen.
  const choice = canGoBack(form) ? 'Select Back to change the vault or key.' : 'Edit the reason or the start.';
  return plain(
    `You’re editing ${form.requestId}. ${choice} When you submit, existing approvals are removed and approvers are asked again.`,
  );
}

function planBlocks({ plan, openRequest }: Review): Block[] {
  const blocks = blocksOf(plan).map((check) => {
    const words = checkWords(check);
    return { title: plain(words.title), text: withDates(sentences(words.text)), remedy: sentences(words.remedy) };
  });
  if (openRequest === null) return blocks;
  const { title, text, remedy } = openRequestWords(openRequest);
  const open = { title: plain(title), text: sentences(text), remedy: sentences(remedy) };
  return [open, ...blocks];
}

const referenceLabel = (rule: Review['changeReference']): string =>
  rule === null ? '' : `Change number (${rule.required ? '' : 'optional, '}format ${rule.pattern})`;

function reviewPage(form: Form, facts: Review, problem: Refusal | null): AdaptiveCard {
  const { plan, policy, change } = facts;
  const blocks = [...changeBlocks(facts), ...planBlocks(facts)];
  const needed = policy.approvalsRequired;
  const { words } = operationNamed(form.operation);
  const what = change === null ? `Review: ${lowerFirst(words.action)}` : `Edit ${form.requestId}`;
  return renderCard('form-review', {
    ...formHeaderOf(form, problem),
    ...decisionOf(plan, { id: form.owner, words: 'You' }),
    resource: plain(`${what} for ${resourceTitle(plan)}`),
    changing: changingWords(form),
    canGoBack: canGoBack(form),
    differences: change === null ? [] : planChangeRows(change.request.plan, plan),
    blocks,
    checkAgain: blocks.length > 0 && change?.refusal == null && blocksOf(plan).every(isRemovableBlock),
    passRows: passRows(plan),
    tick: label(`${acceptWords(plan)} ${keepWords(plan).tick}`.trim()),
    instead: change === null ? insteadOf(plan) : label(''),
    justification: form.justification.slice(0, 500),
    changeReference: form.changeReference.slice(0, 100),
    referenceLabel: label(referenceLabel(facts.changeReference)),
    referenceRequired: facts.changeReference?.required === true,
    acknowledged: 'false',
    startDay: form.startDay,
    startTime: form.startTime,
    startOpen: form.startDay !== '' || form.startTime !== '',
    startTitle: plain(form.startDay === '' ? 'Start: when approved' : 'Start: scheduled'),
    footer: plain(
      `${form.requestId}. ${countOf(needed, 'approval is', 'approvals are')} required. You can’t approve your own request.${facts.publishes ? '' : ` ${removable}`}`,
    ),
  });
}

/** Returns the title of the button for the operation that the resource's state allows; empty if this one does. */
function insteadOf(plan: Plan): Label {
  const instead = operationNamed(operationOf(plan.spec).instead);
  const isNeeded = blocksOf(plan).some((check) => traitsOf(check).startsFrom === instead.startsFrom);
  return label(isNeeded && isFor(instead, plan.observation.resource) ? instead.words.offer : '');
}

export function formCard(
  form: Form,
  facts: PageFacts,
  problem: Refusal | null,
  obstacle: Obstacle = noObstacle,
): AdaptiveCard {
  switch (facts.page) {
    case 'resource':
      return resourcePageCard(form, facts, obstacle, problem);
    case 'vault':
      return vaultPageCard(form, facts, problem);
    case 'key':
      return keyPageCard(form, facts, problem);
    case 'version':
      return versionPageCard(form, facts, problem);
    case 'review':
      return reviewPage(form, facts, problem);
  }
}

export const nameOf = (form: Form): string => {
  const chosen = answerOn(form, whichResource);
  return chosen === null ? '' : armIdParts(chosen.id).name;
};
