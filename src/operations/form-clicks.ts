/** Handlers of form buttons. Each moves the form one page, or returns a problem. */
import { canonicalJson } from '../domain/canonical-json.ts';
import { mintRequestId } from '../domain/ids.ts';
import { blocksOf } from '../domain/plan.ts';
import { applyPolicy, readChangeReference } from '../domain/policy/policy.ts';
import { decide } from '../domain/request/decide.ts';
import { isRefusal, type Refusal, refuse, refuseOnFailure } from '../domain/request/refusal.ts';
import type { Command, Submit } from '../domain/request/request-command.ts';
import type { CommandPorts } from './commands/command.ts';
import type { Form } from './form.ts';
import { type ShownPage, shownPage } from './obstacle.ts';
import type { Operation } from './operation.ts';
import type { FormInputs, Page, PageFacts } from './pages/page.ts';
import { reviewFacts } from './pages/review-page.ts';
import { operationNamed } from './registry.ts';
import { parseStartTime } from './start-time.ts';

/** The form after a click, and the problem that keeps it on its page. */
export interface FormResult {
  readonly form: Form;
  readonly problem: Refusal | null;
}

const advance = (form: Form, change: Partial<Form>): FormResult => ({
  form: { ...form, ...change, revision: form.revision + 1 },
  problem: null,
});
const stay = (form: Form, problem: Refusal, change: Partial<Form> = {}): FormResult => ({
  form: { ...form, ...change, revision: form.revision + 1 },
  problem,
});

const operationFor = (form: Form): Operation => operationNamed(form.operation);

/** Returns the pages for the answers so far. An edited request keeps its resource: another resource means another request. */
export const formPagesOf = (operation: Pick<Operation, 'pages'>, form: Form): readonly Page[] =>
  operation.pages(form).filter(({ name }) => form.changes === null || name !== 'resource');

export const shownPagesOf = (operation: Pick<Operation, 'pages'>, form: Form): readonly Page[] =>
  formPagesOf(operation, form).filter(({ automatic }) => automatic !== true);

/** Throws if the form's answers don't lead to its page. */
export function pageOf(operation: Operation, form: Form): Page {
  const page = formPagesOf(operation, form).find(({ name }) => name === form.page);
  if (page === undefined) throw new Error(`form ${form.id}: page ${form.page} is not one of ${operation.name}`);
  return page;
}

export const factsOf = (form: Form, ports: CommandPorts): ReturnType<Page<unknown>['facts']> =>
  pageOf(operationFor(form), form).facts(form, ports);

/** The same, or an earlier page where what was chosen there leads nowhere. */
export async function readPage(form: Form, ports: CommandPorts): Promise<ShownPage | Refusal> {
  const facts = await factsOf(form, ports);
  return isRefusal(facts) ? facts : shownPage(form, facts, ports);
}

const isSame = (before: unknown, after: unknown): boolean =>
  before !== undefined && canonicalJson(before) === canonicalJson(after);

/** Stores the answer, removes answers that depended on another one, and advances to the next page. */
export function withAnswer(operation: Operation, form: Form, answer: unknown): Form {
  const { name } = pageOf(operation, form);
  const stale = isSame(form.answers[name], answer)
    ? []
    : operation.pages(form).filter(({ dependsOn }) => dependsOn.includes(name));
  const keyWay = stale.some((page) => page.name === 'key') ? null : form.keyWay;
  const answers = { ...form.answers, [name]: answer };
  for (const page of stale) delete answers[page.name];
  const pages = operation.pages({ ...form, answers });
  const next = pages[pages.findIndex((page) => page.name === name) + 1];
  return { ...form, answers, keyWay, page: next?.name ?? name };
}

/** Chooses between an existing and a new key. The page then asks only for that. */
export const chooseKeyWay = (form: Form, keyWay: Form['keyWay']): FormResult =>
  advance(form, form.page === 'key' ? { keyWay } : {});

export function back(form: Form): FormResult {
  const pages = shownPagesOf(operationFor(form), form);
  const before = pages[pages.findIndex(({ name }) => name === form.page) - 1];
  return advance(form, {
    page: before?.name ?? form.page,
    keyWay: form.page === 'key' ? null : form.keyWay,
    shownDigest: null,
  });
}

/** Cancels the form. A request that was stored just before, such as before a crash, stays. */
async function cancelForm(form: Form, { requests }: Pick<CommandPorts, 'requests'>): Promise<FormResult> {
  const request = await requests.load(form.requestId);
  return advance(form, { ended: request?.forms.includes(form.id) ? 'submitted' : 'cancelled' });
}

/** Resumes an abandoned form on its last page. */
const resume = (form: Form): FormResult => advance(form, { ended: null });

/** Switches to the operation that fits the resource's state, and keeps the chosen resource. */
function switchOperation(form: Form): FormResult {
  if (form.changes !== null) return advance(form, {});
  const operation = operationNamed(operationFor(form).instead);
  const { resource } = form.answers;
  const fresh: Form = {
    ...form,
    operation: operation.name,
    page: 'resource',
    answers: {},
    keyWay: null,
    shownDigest: null,
  };
  return advance(resource === undefined ? fresh : withAnswer(operation, fresh, resource), {});
}

/** Reads the answer of the current page, and of those that follow from it, and advances. */
export async function next(form: Form, inputs: FormInputs, ports: CommandPorts): Promise<FormResult> {
  if (form.page === 'review') return advance(form, {});
  const operation = operationFor(form);
  let after = form;
  do {
    const page = pageOf(operation, after);
    const answer = await refuseOnFailure(() => page.take(after, inputs, ports));
    if (isRefusal(answer)) return stay(form, answer);
    after = withAnswer(operation, after, answer);
  } while (pageOf(operation, after).automatic === true);
  return advance(after, {});
}

const reviewInputsOf = (inputs: FormInputs) => ({
  justification: inputs.justification.slice(0, 600),
  changeReference: inputs.changeReference.slice(0, 100),
  startDay: inputs.startDay.slice(0, 10),
  startTime: inputs.startTime.slice(0, 5),
});

/** Handles a submission that was interrupted by a restart. The stored click submits nothing: the person submits again. */
async function recoverLostSubmit(
  form: Form,
  inputs: FormInputs,
  { requests }: Pick<CommandPorts, 'requests'>,
): Promise<FormResult> {
  const request = await requests.load(form.requestId);
  return request?.forms.includes(form.id)
    ? advance(form, { ended: 'submitted', justification: '' })
    : stay(form, refuse('submit-lost'), reviewInputsOf(inputs));
}

/**
 * Submits the request. Reads everything again first: if the plan differs from the one shown, the page is shown again.
 * `isWanted`: whether the person still waits for it. Because of the cause `submit`, a second click, or a click after a crash,
 * finds the same request.
 */
export async function submit(
  form: Form,
  inputs: FormInputs,
  ports: CommandPorts,
  isWanted: () => Promise<boolean> = async () => true,
): Promise<FormResult> {
  const written = reviewInputsOf(inputs);
  if (form.page !== 'review') return advance(form, {});
  if (inputs.acknowledgeDataLoss !== 'true') return stay(form, refuse('acknowledge-data-loss'), written);
  const facts = await refuseOnFailure(() => reviewFacts(operationFor(form), form, ports));
  if (isRefusal(facts)) return stay(form, facts, written);
  const already = await ports.requests.load(form.requestId);
  const isStored = already?.forms.includes(form.id) === true;
  if (form.changes === null && already !== null && !isStored) {
    // Two forms got the same id, which is very unlikely. This form gets another id and is shown again.
    return stay(form, refuse('plan-moved'), { ...written, requestId: mintRequestId(ports.random(6)) });
  }
  const problem = isStored ? null : submitProblem(form, facts);
  if (problem !== null) return stay(form, problem, written);
  const notBefore = parseStartTime(inputs);
  if (notBefore !== null && typeof notBefore !== 'string') return stay(form, notBefore, written);
  const changeReference = readChangeReference(inputs.changeReference, ports.policy.changeReference);
  if (isRefusal(changeReference)) return stay(form, changeReference, written);
  if (!(await isWanted())) return advance(form, written);
  const chosen = { justification: inputs.justification, notBefore, changeReference };
  const stored = await store(form, chosen, facts, ports);
  return stored.kind === 'refused'
    ? stay(form, stored, written)
    : advance(form, { ended: 'submitted', justification: '' });
}

type Review = Extract<PageFacts, { page: 'review' }>;

function submitProblem(form: Form, { plan, digest }: Review): Refusal | null {
  const [block] = blocksOf(plan);
  if (block !== undefined) return refuse('plan-blocked', block.code);
  return digest === form.shownDigest ? null : refuse('plan-moved');
}

function store(
  form: Form,
  chosen: Pick<Submit, 'justification' | 'notBefore' | 'changeReference'>,
  { plan, digest }: Review,
  ports: CommandPorts,
) {
  const { owner: by, actor, origin, id: formId, changes } = form;
  const resourceName = plan.observation.resource.name;
  const commandAt = (now: Date): Command => {
    const fields = { by, actor, formId, plan, digest, policy: applyPolicy(ports.policy, plan, now), ...chosen };
    return changes === null
      ? { do: 'submit', ...fields, resourceName, origin }
      : { do: 'change', ...fields, ...changes };
  };
  // Another form for the same request is another change. This form's change is stored once.
  const cause = changes === null ? 'submit' : `change/${formId}`;
  // The process's clock can be wrong. The deadline counts from the time at which the request is stored.
  return ports.requests.append(form.requestId, cause, (request, now) => decide(request, commandAt(now), now));
}

/** Not a verb of a card: a submit was pending when the process ended. */
export const submitLost = 'submit-lost';

/** A click on the form. Owner and page are already checked. */
interface FormClick {
  readonly verb: string;
  readonly inputs: FormInputs;
  /** Returns false after the person abandoned the click: then it creates no request. */
  readonly isWanted: () => Promise<boolean>;
}

/** Moves the form as its button says. Pure except for its reads. */
export async function turnForm(before: Form, click: FormClick, ports: CommandPorts): Promise<FormResult> {
  const { verb, inputs, isWanted } = click;
  if (before.ended === 'left' && verb === 'form.resume') return resume(before);
  const form: Form = { ...before, pending: null, ended: before.ended === 'left' ? null : before.ended };
  if (form.ended !== null) return { form, problem: null };
  switch (verb) {
    case 'form.next':
      return next(form, inputs, ports);
    case 'form.back':
      return back(form);
    case 'form.submit':
      return submit(form, inputs, ports, isWanted);
    case submitLost:
      return recoverLostSubmit(form, inputs, ports);
    case 'form.cancel':
      return cancelForm(form, ports);
    case 'form.existing-key':
      return chooseKeyWay(form, 'existing');
    case 'form.new-key':
      return chooseKeyWay(form, 'new');
    case 'form.switch':
      return switchOperation(form);
    default:
      // 'form.refresh', and buttons of other pages: render the current page.
      return { form, problem: null };
  }
}
