import { z } from 'zod';
import { requesterRefusals } from '../../authorization/role-checks.ts';
import { planDigest } from '../../domain/digest.ts';
import { applyPolicy, type Terms, termsFor } from '../../domain/policy/policy.ts';
import { changeRefusal } from '../../domain/request/decide-change.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import { joinList } from '../../domain/strings.ts';
import type { CommandPorts } from '../commands/command.ts';
import type { Form } from '../form.ts';
import type { Operation } from '../operation.ts';
import { type FactsOf, FormInputs, type Page } from './page.ts';

/** Returns the names of the policy rules that define the requesters. */
const namesOf = ({ rule, tightenedBy }: Terms): string =>
  joinList([rule, ...tightenedBy.filter(({ requesters }) => requesters !== undefined)].map(({ name }) => name));

type Reviewed = Pick<Operation, 'pages' | 'specOf' | 'observe' | 'plan'>;

/** Returns the form with what its automatic pages answer now: what was last approved can have changed since the form opened. */
async function readAgain(operation: Reviewed, form: Form, ports: CommandPorts): Promise<Form | Refusal> {
  let current = form;
  for (const page of operation.pages(form).filter(({ automatic }) => automatic === true)) {
    const answer = await page.take(current, FormInputs.parse(page.again?.(current) ?? {}), ports);
    if (isRefusal(answer)) return answer;
    current = { ...current, answers: { ...current.answers, [page.name]: answer } };
  }
  return current;
}

/** The plan from Azure's current state and the current policy. */
export async function reviewFacts(
  operation: Reviewed,
  form: Form,
  ports: CommandPorts,
): Promise<FactsOf<'review'> | Refusal> {
  const current = await readAgain(operation, form, ports);
  if (isRefusal(current)) return current;
  const spec = operation.specOf(current);
  if (spec === null) return refuse('choice-missing');
  const [observed, openRequest, change] = await Promise.all([
    operation.observe(ports.azure, spec, null),
    ports.requests.openFor(spec.resource.id),
    changeOf(form, ports),
  ]);
  const { resource } = observed;
  const roleStatus = await ports.requesterStatus(form.owner, resource);
  const terms = termsFor(ports.policy, resource);
  if (roleStatus !== 'yes') return refuse(requesterRefusals[roleStatus], namesOf(terms));
  const now = ports.now();
  const context = { tenantId: ports.tenantId, policyVersion: ports.policy.version, terms, now, own: null };
  const plan = operation.plan(spec, observed, context);
  const policy = applyPolicy(ports.policy, plan, now);
  const digest = planDigest(plan);
  const conflict = openRequest === change?.request.id ? null : openRequest;
  const {
    publishes,
    policy: { changeReference },
  } = ports;
  return { page: 'review', plan, digest, policy, changeReference, publishes, openRequest: conflict, change };
}

async function changeOf({ id, changes, requestId, owner: by }: Form, { requests, now }: CommandPorts) {
  const request = changes === null ? null : await requests.load(requestId);
  if (changes === null || request === null) return null;
  // A stored change whose response was lost doesn't block itself.
  const isStored = request.forms.includes(id);
  return { request, refusal: isStored ? null : changeRefusal(request, { by, ...changes }, now()) };
}

/** The last page of every form. It has no choices, only Submit. */
export const reviewPage = (operation: () => Reviewed): Page<null> => ({
  name: 'review',
  label: 'Review',
  dependsOn: [],
  answer: z.null(),
  typed: () => null,
  take: async () => null,
  facts: (form, ports) => reviewFacts(operation(), form, ports),
});
