/** What the buttons of a form do: each takes the form one page on or back, or says what is still wrong. */
import { canonicalJson } from '../domain/canonical-json.ts';
import { mintRequestId } from '../domain/ids.ts';
import { blocksOf } from '../domain/plan.ts';
import { readChangeReference } from '../domain/policy/change-reference.ts';
import { applyPolicy } from '../domain/policy/policy.ts';
import { decide } from '../domain/request/decide.ts';
import { type Refusal, refuse, refuseFailure } from '../domain/request/refusal.ts';
import type { Command, Submit } from '../domain/request/request-command.ts';
import { chosenStart } from './chosen-start.ts';
import type { Form } from './form.ts';
import type { Operation } from './operation.ts';
import { type FormInputs, isRefusal, type Page, type PageFacts } from './pages/page.ts';
import { reviewFacts } from './pages/review-page.ts';
import type { CommandPorts } from './ports.ts';
import { operationNamed } from './registry.ts';

/** The form after a click, with the problem that kept it where it is. */
export interface FormResult {
  readonly form: Form;
  readonly problem: Refusal | null;
}

const moved = (form: Form, change: Partial<Form>): FormResult => ({
  form: { ...form, ...change, revision: form.revision + 1 },
  problem: null,
});
const kept = (form: Form, problem: Refusal, change: Partial<Form> = {}): FormResult => ({
  form: { ...form, ...change, revision: form.revision + 1 },
  problem,
});

const operationFor = (form: Form): Operation => operationNamed(form.operation);

/** The pages the answers lead through. Which agent a request is for is not changed: that is another request. */
export const formPagesOf = (operation: Pick<Operation, 'pages'>, form: Form): readonly Page[] =>
  operation.pages(form).filter(({ name }) => form.changes === null || name !== 'resource');

/** The page the form is on. Throws where its answers do not lead there. */
export function pageOf(operation: Operation, form: Form): Page {
  const page = formPagesOf(operation, form).find(({ name }) => name === form.page);
  if (page === undefined) throw new Error(`form ${form.id}: page ${form.page} is not one of ${operation.name}`);
  return page;
}

/** Reads what the form's current page shows. */
export const factsOf = (form: Form, ports: CommandPorts): ReturnType<Page<unknown>['facts']> =>
  pageOf(operationFor(form), form).facts(form, ports);

const isSame = (before: unknown, after: unknown): boolean =>
  before !== undefined && canonicalJson(before) === canonicalJson(after);

/** Keeps the answer, takes back those that rested on another one, and goes to the next page. */
export function answered(operation: Operation, form: Form, answer: unknown): Form {
  const { name } = pageOf(operation, form);
  const stale = isSame(form.answers[name], answer)
    ? []
    : operation.pages(form).filter(({ restsOn }) => restsOn.includes(name));
  const keyWay = stale.some((page) => page.name === 'key') ? null : form.keyWay;
  const answers = { ...form.answers, [name]: answer };
  for (const page of stale) delete answers[page.name];
  const pages = operation.pages({ ...form, answers });
  const next = pages[pages.findIndex((page) => page.name === name) + 1];
  return { ...form, answers, keyWay, page: next?.name ?? name };
}

/** An existing key or a new one: from then on only what that takes is asked. */
export const chooseKeyWay = (form: Form, keyWay: Form['keyWay']): FormResult =>
  moved(form, form.page === 'key' ? { keyWay } : {});

export function back(form: Form): FormResult {
  if (form.page === 'key' && form.keyWay !== null) return moved(form, { keyWay: null });
  const pages = formPagesOf(operationFor(form), form);
  const before = pages[pages.findIndex(({ name }) => name === form.page) - 1];
  return moved(form, { page: before?.name ?? form.page, shownDigest: null });
}

/** A request that was stored in the moment before, such as one before a crash, is not taken back with the form. */
export async function cancelForm(form: Form, { requests }: Pick<CommandPorts, 'requests'>): Promise<FormResult> {
  const request = await requests.load(form.requestId);
  return moved(form, { ended: request?.forms.includes(form.id) ? 'submitted' : 'cancelled' });
}

/** Goes on with a form that was left, on the page where that was. */
export const resume = (form: Form): FormResult => moved(form, { ended: null });

/** Goes on as the operation that the resource is in the state for, with the resource that was chosen. */
export function switchOperation(form: Form): FormResult {
  if (form.changes !== null) return moved(form, {});
  const operation = operationNamed(operationFor(form).instead.operation);
  const { resource } = form.answers;
  const fresh: Form = {
    ...form,
    operation: operation.name,
    page: 'resource',
    answers: {},
    keyWay: null,
    shownDigest: null,
  };
  return moved(resource === undefined ? fresh : answered(operation, fresh, resource), {});
}

/** Takes the answer of the current page and goes on. */
export async function next(form: Form, inputs: FormInputs, ports: CommandPorts): Promise<FormResult> {
  if (form.page === 'review') return moved(form, {});
  const operation = operationFor(form);
  const answer = await pageOf(operation, form).take(form, inputs, ports);
  return isRefusal(answer) ? kept(form, answer) : moved(answered(operation, form, answer), {});
}

/** What is kept of the review page's inputs. */
const writtenIn = (inputs: FormInputs) => ({
  justification: inputs.justification.slice(0, 600),
  changeReference: inputs.changeReference.slice(0, 100),
  startDay: inputs.startDay.slice(0, 10),
  startTime: inputs.startTime.slice(0, 5),
});

/** The process ended while the form was being submitted. What is stored submits nothing: a person does that once more. */
export async function submitWasLost(
  form: Form,
  inputs: FormInputs,
  { requests }: Pick<CommandPorts, 'requests'>,
): Promise<FormResult> {
  const request = await requests.load(form.requestId);
  return request?.forms.includes(form.id)
    ? moved(form, { ended: 'submitted', justification: '' })
    : kept(form, refuse('submit-lost'), writtenIn(inputs));
}

/**
 * Stores the request. Everything is read again first: where the plan is not the one that was shown, the page is shown
 * again instead. `isWanted`: whether the person still waits for it. The cause `submit` makes a second click, or a click
 * after a crash, find the same request.
 */
export async function submit(
  form: Form,
  inputs: FormInputs,
  ports: CommandPorts,
  isWanted: () => Promise<boolean> = async () => true,
): Promise<FormResult> {
  const written = writtenIn(inputs);
  if (form.page !== 'review') return moved(form, {});
  if (inputs.acknowledgeDataLoss !== 'true') return kept(form, refuse('acknowledge-data-loss'), written);
  const facts = await reviewFacts(operationFor(form), form, ports);
  if ('kind' in facts) return kept(form, facts, written);
  if (!facts.ok) return kept(form, refuseFailure(facts.failure), written);
  const already = await ports.requests.load(form.requestId);
  const isStored = already?.forms.includes(form.id) === true;
  if (form.changes === null && already !== null && !isStored) {
    // Two forms were given one id, which a billion ids make rare: this one gets another and is shown again.
    return kept(form, refuse('plan-moved'), { ...written, requestId: mintRequestId(ports.random(6)) });
  }
  const problem = isStored ? null : standsInTheWay(form, facts.value);
  if (problem !== null) return kept(form, problem, written);
  const notBefore = chosenStart(inputs);
  if (notBefore !== null && typeof notBefore !== 'string') return kept(form, notBefore, written);
  const changeReference = readChangeReference(inputs.changeReference, ports.policy.changeReference);
  if (isRefusal(changeReference)) return kept(form, changeReference, written);
  if (!(await isWanted())) return moved(form, written);
  const stored = await store(
    form,
    { justification: inputs.justification, notBefore, changeReference },
    facts.value,
    ports,
  );
  return stored.kind === 'refused'
    ? kept(form, stored, written)
    : moved(form, { ended: 'submitted', justification: '' });
}

type Review = Extract<PageFacts, { page: 'review' }>;

/** A block, or a plan that is not the one that was shown. */
function standsInTheWay(form: Form, { plan, digest }: Review): Refusal | null {
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
    const asked = { by, actor, formId, plan, digest, policy: applyPolicy(ports.policy, plan, now), ...chosen };
    return changes === null ? { do: 'submit', ...asked, resourceName, origin } : { do: 'change', ...asked, ...changes };
  };
  // Another form of the same request is another change; this one is stored once.
  const cause = changes === null ? 'submit' : `change/${formId}`;
  // The process's clock may be wrong until it is compared: a deadline counts from the time at which the request is stored.
  return ports.requests.append(form.requestId, cause, (request, now) => decide(request, commandAt(now), now));
}
