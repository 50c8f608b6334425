/** The approval card, which fits on one phone screen, and what replaces it after the decision. */
import { wholeDigest } from '../../../domain/digest.ts';
import { armIdParts, type PersonId } from '../../../domain/ids.ts';
import type { Plan } from '../../../domain/plan.ts';
import type { AppliedRule } from '../../../domain/policy/policy.ts';
import { environmentRule } from '../../../domain/policy/rules.ts';
import { canWithdraw } from '../../../domain/request/decide-approval.ts';
import { endedInVain, hasEnded, isBeforeRun, type Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { upperFirst } from '../../../domain/strings.ts';
import { operationOf, workOf } from '../../../operations/registry.ts';
import { reapprovalReasons } from '../../../text/events.ts';
import { fromNow } from '../../../text/instants.ts';
import { plannedVersionWords } from '../../../text/keys.ts';
import { resourceTitle, shortVersion } from '../../../text/places.ts';
import { reasonWords } from '../../../text/policy.ts';
import {
  bold,
  type CardText,
  dateAndTime,
  entitiesOf,
  joinText,
  label,
  md,
  nothing,
  plain,
  plainLines,
  quoted,
} from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { endedMark, fact, grey, marks, type Row, row } from '../row.ts';
import { acceptWords, decisionOf } from './decision.ts';
import { differenceRows } from './difference.ts';
import { changeLine, passRows } from './parts.ts';
import { commentLines } from './people-texts.ts';
import type { CardContext, Reader } from './reader.ts';
import { badge, earlierRun, requestHeaderOf, type StateLine, startWords, stateLineOf } from './state-line.ts';
import { statusCard } from './status-view.ts';

function ruleFacts({ policy: { rule, held } }: Request) {
  // The environment's settings alone aren't a configured rule.
  if (rule === environmentRule && held.length === 1) return [];
  const words = (one: AppliedRule): CardText => md`${plain(one.rule)}: ${plain(reasonWords(one))}`;
  return held.map((one, index) => fact(index === 0 ? 'Rule' : 'Stricter by', words(one)));
}

function subscriptionFact({ spec, observation: { control } }: Plan): CardText {
  const { subscriptionId } = armIdParts(spec.resource.id);
  const { name } = control.resourceSubscription;
  return name === null ? plain(subscriptionId) : md`${plain(name)}, ${plain(subscriptionId)}`;
}

const isShort = (reason: string): boolean => reason.length <= 120 && !/[\n\r]/.test(reason.trim());

function facts(request: Request) {
  const { plan } = request;
  const { to, make } = workOf(plan);
  const { resourceGroup } = armIdParts(plan.spec.resource.id);
  const made = make?.after == null ? 'first version, once created' : 'new version, once created';
  return [
    fact('Subscription', subscriptionFact(plan)),
    fact('Resource group', plain(resourceGroup)),
    fact('Key vault group', plain(armIdParts(to.vaultId).resourceGroup)),
    fact(
      'Key version',
      plain(
        to.follows ? plannedVersionWords({ to, make }) : to.keyVersion === null ? made : shortVersion(to.keyVersion),
      ),
    ),
    fact('Policy', md`Version ${plain(plan.policyVersion)}`),
    ...ruleFacts(request),
    fact('Plan digest', plain(wholeDigest(request.digest))),
  ];
}

const approvedRows = (request: Request, { names, reader }: CardContext): Row[] =>
  request.approvals.map((approval) =>
    row(marks.done, plain(`${saysYou(request, approval.by, reader) ? 'You' : names(approval.by)} approved`), [
      grey(dateAndTime(new Date(approval.at))),
      ...commentLines(approval),
    ]),
  );

function noticeOf(request: Request, { names }: CardContext): CardText {
  if (request.changedFrom !== null)
    return plain(`${names(request.requester)} edited the request. Earlier approvals don’t count.`);
  if (request.replaced === null) return nothing;
  return plain(`${upperFirst(reapprovalReasons[request.replaced.reason])}. Earlier approvals don’t count.`);
}

/** Returns false after the decision, when the card is the same for all readers and names everyone. */
const saysYou = (request: Request, by: PersonId, reader: Reader): boolean =>
  request.state === 'awaiting-approval' && isOwn(by, reader);
const isOwn = (by: PersonId, reader: Reader): boolean => reader.kind === 'approver' && reader.id === by;

const countLine = ({ approvals, policy }: Request): string => `${approvals.length} of ${policy.approvalsRequired}`;

/** `Decide by … (3 days left)`, and the earliest start. */
function untilLine(request: Request, { timeLimits }: CardContext): CardText {
  const { expiresAt } = request.policy;
  const left = plain(fromNow(expiresAt, timeLimits.now));
  return md`Decide by ${dateAndTime(new Date(expiresAt))} (${left})${startNote(request)}${referenceNote(request)}`;
}

function openApproval(request: Request, context: CardContext): AdaptiveCard {
  const { names, addressed, stepUp } = context;
  const { plan } = request;
  const reason = request.justification ?? 'The reason was erased.';
  const decision = decisionOf(plan, { id: request.requester, words: 'The requester' });
  const risky = decision.risks.length > 1;
  const acknowledge = acceptWords(plan);
  const approve = `Approve${risky ? ' with risks' : ''}${acknowledge === '' ? '' : ': purge protection stays on'}`;
  return renderCard('approval', {
    ...requestHeaderOf(request, context, needsApproval(request)),
    ...decision,
    asks: md`${bold(`${names(request.requester)}:`)} ${quoted(reason)}`,
    notice: noticeOf(request, context),
    differences: differenceRows(request),
    decisions: approvedRows(request, context),
    acknowledge: label(acknowledge),
    risky,
    approve: label(approve),
    approveTooltip: label(`${approve}: ${operationOf(plan.spec).words.asksFor} for ${resourceTitle(plan)}`),
    until: untilLine(request, context),
    signIn: stepUp ? plain('Approving needs a fresh sign-in: select Approve to start it.') : nothing,
    checks: passRows(plan),
    reason: isShort(reason) ? nothing : plainLines(reason),
    facts: facts(request),
    asked: addressed.length === 0 ? nothing : md`${joinText(addressed.map((one) => one.text))}: review this request.`,
    mentions: [...entitiesOf(addressed)],
  });
}

const needsApproval = (request: Request): StateLine => ({
  text: `Needs approval: ${countLine(request)}`,
  ...badge.person,
});

function decidedNote(request: Request, context: CardContext): CardText {
  const { awaited } = context;
  if (hasEnded(request)) return request.touched ? earlierRun(request) : nothing;
  if (request.state !== 'awaiting-approval') return startWords(request, context);
  const missing = request.policy.approvalsRequired - request.approvals.length;
  const until = dateAndTime(new Date(request.policy.expiresAt));
  const more = plain(missing === 1 ? 'One more approval is' : `${missing} more approvals are`);
  return md`${more} needed by ${until}. Waits for: ${plain(awaited)}.`;
}

function endedRow(request: Request, { names }: CardContext): Row[] {
  if (request.state !== 'rejected' && request.state !== 'cancelled') return [];
  const { by, at } = request.ended;
  return [
    row(endedMark, plain(`${names(by)} ${request.state === 'cancelled' ? 'canceled' : request.state}`), [
      grey(dateAndTime(new Date(at))),
      ...commentLines(request.ended),
    ]),
  ];
}

const referenceNote = ({ changeReference }: Request): CardText =>
  changeReference === null ? nothing : plain(`. Change number: ${changeReference}`);

const startNote = ({ notBefore }: Request): CardText =>
  notBefore === null ? nothing : md`. Starts at ${dateAndTime(new Date(notBefore))} or later`;

function decidedLine(request: Request, { paused }: CardContext): StateLine {
  if (request.state === 'awaiting-approval') return needsApproval(request);
  const isFirst = request.state === 'approved' && startsAt(request) === null && request.runs < 2;
  return isFirst ? { text: `Approved: ${countLine(request)}`, ...badge.done } : stateLineOf(request, paused);
}

/** Replaces the question: answered, ended, or waiting for others after the reader's own approval. */
function decidedApproval(request: Request, context: CardContext): AdaptiveCard {
  return renderCard('approval-decided', {
    ...requestHeaderOf(request, context, decidedLine(request, context)),
    change: changeLine(request.plan),
    decisions: [...approvedRows(request, context), ...endedRow(request, context)],
    nothingChanged: hasEnded(request) && !request.touched,
    note: decidedNote(request, context),
    canWithdraw: context.reader.kind === 'approver' && canWithdraw(request, context.reader.id),
    canReject: context.reader.kind === 'approver' && !hasEnded(request),
  });
}

const hasApproved = (request: Request, reader: Reader): boolean =>
  request.approvals.some((approval) => isOwn(approval.by, reader));

/** The card in the approvals channel: the question, then the decision, then the status card. */
export function approvalCard(request: Request, context: CardContext): AdaptiveCard {
  if (request.state === 'awaiting-approval' && !hasApproved(request, context.reader))
    return openApproval(request, context);
  const isDecided = isBeforeRun(request) || (endedInVain(request) && request.state !== 'failed');
  return isDecided ? decidedApproval(request, context) : statusCard(request, context);
}
