/** The approval card: one phone screen decides. And what it becomes once decided. */
import { shortDigest, wholeDigest } from '../../../domain/digest.ts';
import { armIdParts, type PersonId } from '../../../domain/ids.ts';
import { type Plan, stepsOf } from '../../../domain/plan.ts';
import type { HeldRule } from '../../../domain/policy/policy.ts';
import { environmentRule } from '../../../domain/policy/rules.ts';
import { hasEnded, type Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { operationOf, workOf } from '../../../operations/registry.ts';
import { countOf } from '../../../text/count.ts';
import { askedAgainWords } from '../../../text/events.ts';
import { shortVersion } from '../../../text/places.ts';
import { reasonWords } from '../../../text/policy.ts';
import { gistOfStep } from '../../../text/steps.ts';
import { grey, marks, type Row, row } from '../data/row.ts';
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
import { differenceRows } from './difference.ts';
import {
  changeBox,
  changeLine,
  irreversibleCount,
  notesOf,
  passLine,
  planRows,
  stepsTitle,
  upperFirst,
  warningRows,
} from './parts.ts';
import type { CardContext, Reader } from './reader.ts';
import { requestHeaderOf } from './request-header.ts';
import { commentLines } from './said.ts';
import { earlierRun, startWords } from './standing-words.ts';
import { stateLineOf } from './state-line.ts';
import { statusCard } from './status-view.ts';
import { controllerRows, vaultBoxView } from './vault-box.ts';

function irreversibleLine(plan: Plan): CardText {
  const steps = stepsOf(plan, 'irreversible');
  if (steps.length === 0) return nothing;
  const title = `▲ ${countOf(steps.length, 'irreversible step:', 'irreversible steps:')}`;
  return md`${bold(title)} ${plain(steps.map(gistOfStep).join(', '))}`;
}

function unknownLine(plan: Plan): CardText {
  const steps = stepsOf(plan, 'unknown');
  if (steps.length === 0) return nothing;
  return md`${bold(`△ ${steps.length} unknown:`)} ${plain(steps.map(gistOfStep).join(', '))}`;
}

function undoLine(plan: Plan): CardText {
  const undo = operationOf(plan.wish).words.undo(workOf(plan));
  if (undo === '') return nothing;
  // Beside a step that cannot be undone it has to say what can.
  const title = irreversibleCount(plan) === 0 ? 'Can be undone:' : 'Can be moved back:';
  return md`${bold(`✓ ${title}`)} ${plain(undo)}`;
}

/** The rules that hold, each with why. A request of before reasons were kept has the name alone. */
function ruleFacts({ policy: { rule, held } }: Request) {
  const [first, ...tighter] = held ?? [{ rule, criteria: null }];
  const words = (one: { rule: string; criteria: HeldRule['criteria'] | null } | undefined): CardText => {
    if (one === undefined || one.criteria === null) return plain<string>(one?.rule ?? rule);
    return md`${plain(one.rule)}: ${plain<string>(reasonWords({ rule: one.rule, criteria: one.criteria }))}`;
  };
  // The environment's settings alone are no rule that anybody chose.
  if (rule === environmentRule && tighter.length === 0) return [];
  return [
    { title: plain('Rule'), value: words(first) },
    ...tighter.map((one) => ({ title: plain('Stricter by'), value: words(one) })),
  ];
}

/** By name, as far as Azure tells it to the bot. */
function subscriptionFact({ wish, observation: { control } }: Plan): CardText {
  const { subscriptionId } = armIdParts(wish.resource.id);
  const name = control?.resourceSubscription.name ?? null;
  return name === null ? plain(subscriptionId) : md`${plain(name)}, ${plain(subscriptionId)}`;
}

/** About what the face of the card shows of it before it cuts. */
const isShort = (reason: string): boolean => reason.length <= 120 && !/[\n\r]/.test(reason.trim());

function facts(request: Request) {
  const { plan } = request;
  const { to, make } = workOf(plan);
  const { resourceGroup } = armIdParts(plan.wish.resource.id);
  const made = make?.after == null ? 'the first, once made' : 'a new one, once made';
  return [
    { title: plain('Subscription'), value: subscriptionFact(plan) },
    { title: plain('Group'), value: plain(resourceGroup) },
    { title: plain('Vault group'), value: plain(armIdParts(to.vaultId).resourceGroup) },
    {
      title: plain('Key version'),
      value: plain<string>(to.keyVersion === null ? made : shortVersion(to.keyVersion)),
    },
    {
      title: plain('Policy'),
      value: md`Version ${plain(plan.policyVersion)} of the rules: who may ask and approve, and how many`,
    },
    ...ruleFacts(request),
    { title: plain('Plan digest'), value: plain(wholeDigest(request.digest)) },
  ];
}

const approvedRows = (request: Request, { names, reader }: CardContext): Row[] =>
  request.approvals.map((approval) =>
    row(marks.done, plain<string>(`${saysYou(request, approval.by, reader) ? 'You' : names(approval.by)} approved`), [
      grey(md`${dateAndTime(new Date(approval.at))}. Plan ${plain<string>(shortDigest(request.digest))}.`),
      ...commentLines(approval),
    ]),
  );

const restLine = ({ steps, checks }: Plan): CardText =>
  plain<string>(`${countOf(steps.length, 'step', 'steps')}, ${countOf(checks.length, 'check', 'checks')}, where, plan`);

function checkRows(plan: Plan): Row[] {
  const passes = passLine(plan);
  return [...warningRows(plan), ...(passes === '' ? [] : [row(marks.done, passes)])];
}

function noticeOf(request: Request, { names }: CardContext): CardText {
  if (request.changedFrom !== null)
    return plain<string>(`${names(request.requester)} changed the request. Earlier approvals do not count.`);
  if (request.replaced === null) return nothing;
  return plain<string>(`${upperFirst(askedAgainWords[request.replaced.reason])}. Earlier approvals do not count.`);
}

/** Once it is decided the card is the same for all, and names everybody. */
const saysYou = (request: Request, by: PersonId, reader: Reader): boolean =>
  request.state === 'awaiting-approval' && isOwn(by, reader);
const isOwn = (by: PersonId, reader: Reader): boolean => reader.kind === 'approver' && reader.id === by;

const countLine = ({ approvals, policy }: Request): string => `${approvals.length} of ${policy.approvalsRequired}`;

function openApproval(request: Request, context: CardContext): AdaptiveCard {
  const { names, addressed, stepUp } = context;
  const { plan, policy } = request;
  const irreversible = irreversibleCount(plan);
  const state = {
    text: `● Approval needed, ${countLine(request)}`,
    color: 'Accent',
  } as const;
  const reason = request.justification ?? 'The reason was erased.';
  return renderCard('approval', {
    ...requestHeaderOf(request, context, state),
    ...changeBox(plan),
    ...vaultBoxView(plan, { id: request.requester, words: 'The requester is' }),
    controllers: controllerRows(plan),
    notice: noticeOf(request, context),
    differences: differenceRows(request),
    irreversible: irreversibleLine(plan),
    unknown: unknownLine(plan),
    undo: undoLine(plan),
    asks: md`${bold(`${names(request.requester)}:`)} ${quoted(reason)}`,
    decisions: approvedRows(request, context).slice(0, 6),
    until: md`Until ${dateAndTime(new Date(policy.expiresAt))}${startNote(request)}  ·  plan ${bold(shortDigest(request.digest))}${referenceNote(request)}${stepUp ? plain('  ·  approving needs a sign-in') : nothing}`,
    acknowledge: label(
      irreversible === 0 ? '' : `I accept that ${countOf(irreversible, 'step', 'steps')} cannot be undone`,
    ),
    asked: addressed.length === 0 ? nothing : md`${joinText(addressed.map((one) => one.text))}: can you decide?`,
    mentions: [...entitiesOf(addressed)],
    rest: restLine(plan),
    stepsTitle: stepsTitle(plan),
    steps: planRows(plan),
    checks: checkRows(plan),
    // Short ones stand on the face already.
    reason: isShort(reason) ? nothing : plainLines(reason),
    notes: notesOf(plan),
    told: plain(operationOf(plan.wish).words.caution.told),
    facts: facts(request),
  });
}

function decidedNote(request: Request, context: CardContext): CardText {
  const { awaited } = context;
  if (hasEnded(request)) return request.touched ? earlierRun(request) : nothing;
  if (request.state !== 'awaiting-approval') return startWords(request, context);
  const missing = request.policy.approvalsRequired - request.approvals.length;
  const until = dateAndTime(new Date(request.policy.expiresAt));
  const more = plain<string>(missing === 1 ? 'One more approval is' : `${missing} more approvals are`);
  return md`${more} needed by ${until}. Waits for: ${plain(awaited)}.`;
}

function endedRow(request: Request, { names }: CardContext): Row[] {
  if (request.state !== 'rejected' && request.state !== 'cancelled') return [];
  const { by, at } = request.ended;
  return [
    row(marks.bad, plain<string>(`${names(by)} ${request.state}`), [
      grey(dateAndTime(new Date(at))),
      ...commentLines(request.ended),
    ]),
  ];
}

const referenceNote = ({ changeReference }: Request): CardText =>
  changeReference === null ? nothing : plain<string>(`  ·  change reference ${changeReference}`);

const startNote = ({ notBefore }: Request): CardText =>
  notBefore === null ? nothing : md`  ·  starts not before ${dateAndTime(new Date(notBefore))}`;

function decidedLine(request: Request, { paused }: CardContext) {
  if (request.state === 'awaiting-approval')
    return { text: `● Approval needed, ${countLine(request)}`, color: 'Accent' } as const;
  return request.state === 'approved' && startsAt(request) === null
    ? ({ text: `✓ Approved, ${countLine(request)}`, color: 'Good' } as const)
    : stateLineOf(request, paused);
}

/** What the question becomes: answered, ended, or waiting for the others after the reader's own approval. */
function decidedApproval(request: Request, context: CardContext): AdaptiveCard {
  return renderCard('approval-decided', {
    ...requestHeaderOf(request, context, decidedLine(request, context)),
    change: changeLine(request.plan),
    decisions: [...approvedRows(request, context), ...endedRow(request, context)].slice(0, 12),
    nothingChanged: hasEnded(request) && !request.touched,
    note: decidedNote(request, context),
    canReject: context.reader.kind === 'approver' && !hasEnded(request),
  });
}

const hasApproved = (request: Request, reader: Reader): boolean =>
  request.approvals.some((approval) => isOwn(approval.by, reader));

/** The card where approvers are asked: the question, then its answer, then the status like everywhere. */
export function approvalCard(request: Request, context: CardContext): AdaptiveCard {
  switch (request.state) {
    case 'awaiting-approval':
      return hasApproved(request, context.reader) ? decidedApproval(request, context) : openApproval(request, context);
    case 'approved':
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return decidedApproval(request, context);
    case 'running':
    case 'needs-attention':
    case 'succeeded':
    case 'failed':
      return statusCard(request, context);
  }
}
