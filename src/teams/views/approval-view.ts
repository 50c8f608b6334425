/** The approval card: one phone screen decides. And what it becomes once decided. */
import { shortDigest } from '../../domain/digest.ts';
import { armIdParts } from '../../domain/ids.ts';
import { type Plan, stepsOf } from '../../domain/plan.ts';
import { hasEnded, type Request } from '../../domain/request.ts';
import { grey, marks, type Row, row } from '../card-data/row.ts';
import {
  type Addressee,
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
} from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { shortVersion } from '../wording/places.ts';
import { irreversibleWords } from '../wording/steps.ts';
import { differenceRows } from './difference.ts';
import {
  changeLine,
  countOf,
  irreversibleCount,
  keyNow,
  type Names,
  passLine,
  planRows,
  stepsTitle,
  warningRows,
} from './parts.ts';
import { requestHeaderOf } from './request-header.ts';
import { stateLineOf } from './state-line.ts';
import { earlierRun, statusCard } from './status-view.ts';

function irreversibleLine(plan: Plan): CardText {
  const steps = stepsOf(plan, 'irreversible');
  if (steps.length === 0) return nothing;
  const title = `▲ ${countOf(steps.length, 'irreversible step:', 'irreversible steps:')}`;
  return md`${bold(title)} ${plain(steps.map(irreversibleWords).join(', '))}`;
}

function unknownLine(plan: Plan): CardText {
  const count = stepsOf(plan, 'unknown').length;
  return count === 0 ? nothing : md`${bold(`△ ${count} unknown:`)} switching the key back`;
}

const groupsOfEight = (digest: string): string => digest.match(/.{8}/g)?.join(' ') ?? digest;

function facts(request: Request) {
  const { plan } = request;
  const { subscriptionId, resourceGroup } = armIdParts(plan.wish.agentId);
  return [
    { title: plain('Subscription'), value: plain(subscriptionId) },
    { title: plain('Group'), value: plain(resourceGroup) },
    { title: plain('Vault group'), value: plain(armIdParts(plan.wish.vaultId).resourceGroup) },
    {
      title: plain('Key version'),
      value: plain<string>(plan.wish.keyVersion === null ? 'the first, once made' : shortVersion(plan.wish.keyVersion)),
    },
    { title: plain('Policy'), value: plain(plan.policyVersion) },
    { title: plain('Plan digest'), value: plain(groupsOfEight(request.digest)) },
  ];
}

const approvedRows = (request: Request, names: Names): Row[] =>
  request.approvals.map((approval) =>
    row(marks.done, plain<string>(`${names(approval.by)} approved`), [
      grey(md`${dateAndTime(new Date(approval.at))}. Plan ${plain<string>(shortDigest(request.digest))}.`),
    ]),
  );

function checkRows(plan: Plan): Row[] {
  const passes = passLine(plan);
  return [...warningRows(plan), ...(passes === '' ? [] : [row(marks.done, passes)])];
}

function noticeOf(request: Request): CardText {
  if (request.replaced === null) return nothing;
  return request.replaced.reason === 'approvers-changed'
    ? plain('An approver no longer is one. Earlier approvals do not count.')
    : plain('Azure changed after the approval. Earlier approvals do not count.');
}

function openApproval(request: Request, names: Names, asked: readonly Addressee[]): AdaptiveCard {
  const { plan, policy } = request;
  const irreversible = irreversibleCount(plan);
  const state = {
    text: `● Approval needed, ${request.approvals.length} of ${policy.approvalsRequired}`,
    color: 'Accent',
  } as const;
  const reason = request.justification ?? 'The reason was erased.';
  return renderCard('approval', {
    ...requestHeaderOf(request, [], state),
    now: keyNow(plan.observation.agent.customerKey),
    nowNote: nothing,
    after: plain(plan.wish.keyName),
    afterNote: md`in ${plain(plan.observation.vault.name)}`,
    notice: noticeOf(request),
    differences: differenceRows(request),
    irreversible: irreversibleLine(plan),
    unknown: unknownLine(plan),
    asks: md`${bold(`${names(request.requester)}:`)} “${plain(reason, 500)}”`,
    decisions: approvedRows(request, names).slice(0, 6),
    until: md`Until ${dateAndTime(new Date(policy.expiresAt))}  ·  plan ${bold(shortDigest(request.digest))}`,
    acknowledge: label(
      irreversible === 0 ? '' : `I accept that ${countOf(irreversible, 'step', 'steps')} cannot be undone`,
    ),
    asked: asked.length === 0 ? nothing : md`${joinText(asked.map((one) => one.text))}: can you decide?`,
    mentions: [...entitiesOf(asked)],
    stepsTitle: stepsTitle(plan),
    steps: planRows(plan),
    checks: checkRows(plan),
    reason: plainLines(reason),
    facts: facts(request),
  });
}

function decidedNote(request: Request): CardText {
  if (!hasEnded(request)) return plain('The changes start now. This card turns into the status card.');
  return request.touched ? earlierRun(request) : nothing;
}

function decidedApproval(request: Request, names: Names): AdaptiveCard {
  const ended = request.state === 'rejected' || request.state === 'cancelled' ? request.ended : null;
  const verb = request.state === 'rejected' ? 'rejected' : 'cancelled';
  const decision =
    ended === null
      ? []
      : [
          row(marks.bad, plain<string>(`${names(ended.by)} ${verb}`), [
            grey(dateAndTime(new Date(ended.at))),
            ...(ended.comment === null ? [] : [grey(md`“${plain(ended.comment, 500)}”`)]),
            ...(ended.commentErased ? [grey(plain('The comment was erased.'))] : []),
          ]),
        ];
  const line =
    request.state === 'approved'
      ? {
          text: `✓ Approved, ${request.approvals.length} of ${request.policy.approvalsRequired}`,
          color: 'Good' as const,
        }
      : stateLineOf(request);
  return renderCard('approval-decided', {
    ...requestHeaderOf(request, [], line),
    change: changeLine(request.plan),
    decisions: [...approvedRows(request, names), ...decision].slice(0, 12),
    nothingChanged: hasEnded(request) && !request.touched,
    note: decidedNote(request),
  });
}

/** The card in the approvals channel: the question, then its answer, then the status like everywhere. */
export function approvalCard(
  request: Request,
  names: Names,
  approvers: string,
  asked: readonly Addressee[],
): AdaptiveCard {
  switch (request.state) {
    case 'awaiting-approval':
      return openApproval(request, names, asked);
    case 'approved':
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return decidedApproval(request, names);
    default:
      return statusCard(request, names, approvers);
  }
}
