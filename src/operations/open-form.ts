import { requesterRefusals } from '../authorization/role-checks.ts';
import { mintFormId, mintRequestId } from '../domain/ids.ts';
import { changeRefusal } from '../domain/request/decide-change.ts';
import { isRefusal, type Refusal, refuse } from '../domain/request/refusal.ts';
import { hasEnded, type Request } from '../domain/request/request.ts';
import { ChosenKey } from './choose.ts';
import { type CommandPorts, parseArguments, type TypedCall } from './commands/command.ts';
import type { Form } from './form.ts';
import { pageOf, withAnswer } from './form-clicks.ts';
import type { Operation } from './operation.ts';
import { FormInputs } from './pages/page.ts';
import { operationOf } from './registry.ts';
import { toStartInputs } from './start-time.ts';

type RequesterContext = Pick<TypedCall, 'by' | 'actor' | 'origin'>;

function newForm(operation: Operation, call: RequesterContext, { random }: Pick<CommandPorts, 'random'>): Form {
  return {
    id: mintFormId(random(10)),
    requestId: mintRequestId(random(6)),
    operation: operation.name,
    changes: null,
    owner: call.by,
    actor: call.actor,
    origin: call.origin,
    revision: 0,
    page: 'resource',
    answers: {},
    keyWay: null,
    shownDigest: null,
    justification: '',
    changeReference: '',
    startDay: '',
    startTime: '',
    pending: null,
    ended: null,
  };
}

/** Opens the form on the first unanswered page. Typed arguments answer the pages before it. Throws an `AzureFailure`. */
export async function openForm(
  operation: Operation,
  call: TypedCall,
  ports: CommandPorts,
): Promise<{ readonly kind: 'open-form'; readonly form: Form } | Refusal> {
  const roleStatus = await ports.requesterStatus(call.by, null);
  if (roleStatus !== 'yes') return refuse(requesterRefusals[roleStatus]);
  const args = parseArguments(call, operation.typed.takes);
  if (isRefusal(args)) return args;
  let form = newForm(operation, call, ports);
  for (;;) {
    const page = pageOf(operation, form);
    const typed = page.typed(args);
    if (typed === null) return { kind: 'open-form', form };
    const answer = await page.take(form, FormInputs.parse(typed), ports);
    if (isRefusal(answer)) return answer;
    form = { ...withAnswer(operation, form, answer), revision: 0 };
  }
}

function formFieldsOf(operation: Operation, { plan, justification, changeReference }: Request): Partial<Form> {
  const written = { justification: justification ?? '', changeReference: changeReference ?? '' };
  return { page: 'review', answers: operation.answersOf(plan.spec), ...written };
}

/** After a rejection, only the resource and the reason are filled in. The requester chooses the rest again. */
function startedAgain(form: Form, operation: Operation, request: Request): Form {
  const filled = { ...form, ...formFieldsOf(operation, request), repeats: request.id };
  if (request.state !== 'rejected') return filled;
  const { resource } = filled.answers;
  // Nothing was chosen besides the resource.
  if (operation.pages(filled).some(({ automatic }) => automatic === true)) return { ...filled, rejected: request.id };
  return { ...withAnswer(operation, { ...filled, page: 'resource', answers: {} }, resource), rejected: request.id };
}

/** A form for what an ended request was for, on its review page; after a rejection on the first page after the resource. */
export async function openAgain(
  request: Request,
  call: RequesterContext,
  ports: CommandPorts,
): Promise<{ readonly kind: 'open-form'; readonly form: Form } | Refusal> {
  if (call.by !== request.requester) return refuse('not-your-request', request.id);
  if (!hasEnded(request)) return refuse('resource-has-open-request', request.id);
  const roleStatus = await ports.requesterStatus(call.by, null);
  if (roleStatus !== 'yes') return refuse(requesterRefusals[roleStatus]);
  const operation = operationOf(request.plan.spec);
  return { kind: 'open-form', form: startedAgain(newForm(operation, call, ports), operation, request) };
}

/** Opens the review page to edit a waiting request. `asking`: the revision of the clicked card. */
export async function openChange(
  request: Request,
  call: RequesterContext & { readonly asking: number; readonly zone: string },
  ports: CommandPorts,
): Promise<{ readonly kind: 'open-form'; readonly form: Form } | Refusal> {
  // The deadline is checked when the change is stored: this process's clock can be wrong.
  const refusal = changeRefusal(request, call, null);
  if (refusal !== null) return refusal.code === 'changed-meanwhile' ? refuse('stale-card', request.id) : refusal;
  const roleStatus = await ports.requesterStatus(call.by, request.plan.observation.resource);
  if (roleStatus !== 'yes') return refuse(requesterRefusals[roleStatus]);
  const operation = operationOf(request.plan.spec);
  const changes = { asking: request.asking };
  const key = ChosenKey.safeParse(operation.answersOf(request.plan.spec).key).data;
  const form: Form = {
    ...newForm(operation, call, ports),
    ...formFieldsOf(operation, request),
    ...toStartInputs(request.notBefore, call.zone),
    requestId: request.id,
    changes,
    keyWay: key?.kind ?? null,
  };
  return { kind: 'open-form', form };
}
