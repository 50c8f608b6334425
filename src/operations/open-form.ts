import { requesterRefusals } from '../authorization/who-may.ts';
import { mintFormId, mintRequestId } from '../domain/ids.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import { hasEnded, type Request } from '../domain/request/request.ts';
import type { Form } from './form.ts';
import { answered, pageOf } from './form-clicks.ts';
import type { Operation } from './operation.ts';
import { FormInputs, isRefusal } from './pages/page.ts';
import type { CommandPorts, TypedCall } from './ports.ts';
import { readTyped } from './read-typed.ts';
import { operationOf } from './registry.ts';

/** Who asks, and where. */
type Asking = Pick<TypedCall, 'by' | 'actor' | 'origin'>;

/** A new form on its first page. */
function newForm(operation: Operation, call: Asking, { random }: Pick<CommandPorts, 'random'>): Form {
  return {
    id: mintFormId(random(10)),
    requestId: mintRequestId(random(6)),
    operation: operation.name,
    owner: call.by,
    actor: call.actor,
    origin: call.origin,
    revision: 0,
    page: 'resource',
    answers: {},
    keyWay: null,
    shownDigest: null,
    justification: '',
    startDay: '',
    startTime: '',
    pending: null,
    ended: null,
  };
}

/** Opens the form on the first page that still has something to ask: what was typed answers the pages before it. */
export async function openForm(
  operation: Operation,
  call: TypedCall,
  ports: CommandPorts,
): Promise<{ readonly kind: 'open-form'; readonly form: Form } | Refusal> {
  const standing = await ports.requesterStanding(call.by, null);
  if (standing !== 'yes') return refuse(requesterRefusals[standing]);
  const args = readTyped(call, operation.typed.takes);
  if (isRefusal(args)) return args;
  let form = newForm(operation, call, ports);
  for (;;) {
    const page = pageOf(operation, form);
    const typed = page.typed(args);
    if (typed === null) return { kind: 'open-form', form };
    const answer = await page.take(form, FormInputs.parse(typed), ports);
    if (isRefusal(answer)) return answer;
    form = { ...answered(operation, form, answer), revision: 0 };
  }
}

/** A form on its review page for what an ended request was for, which everything is looked at anew for; the reason stands in it. */
export async function openAgain(
  request: Request,
  call: Asking,
  ports: CommandPorts,
): Promise<{ readonly kind: 'open-form'; readonly form: Form } | Refusal> {
  if (call.by !== request.requester) return refuse('not-your-request', request.id);
  if (!hasEnded(request)) return refuse('resource-has-open-request', request.id);
  const standing = await ports.requesterStanding(call.by, null);
  if (standing !== 'yes') return refuse(requesterRefusals[standing]);
  const { wish } = request.plan;
  const operation = operationOf(wish);
  const answers = operation.answersOf(wish);
  const justification = request.justification ?? '';
  return { kind: 'open-form', form: { ...newForm(operation, call, ports), page: 'review', answers, justification } };
}
