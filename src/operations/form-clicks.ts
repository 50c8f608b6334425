/** What the buttons of the form do: each takes the form one page on or back, or says what is still wrong. */
import { z } from 'zod';
import { mintRequestId } from '../domain/ids.ts';
import { blocksOf } from '../domain/plan.ts';
import { decide } from '../domain/request/decide.ts';
import { type Refusal, refuse, refuseFailure } from '../domain/request/refusal.ts';
import { chooseKey, chooseNewKey, chooseResource, chooseVault } from './choose.ts';
import type { Form, PageName } from './form.ts';
import { factsOf } from './form-pages.ts';
import type { CommandPorts } from './ports.ts';

const longestInput = 4000;
const field = z
  .string()
  .catch('')
  .default('')
  .transform((text) => text.slice(0, longestInput));

/** What the inputs of a form's card may hold; anything that is not text counts as empty, and what is longer is cut. */
export const FormInputs = z.object({
  resource: field,
  vault: field,
  key: field,
  newKeyName: field,
  keyType: field,
  keySize: field,
  keyExpiry: field,
  justification: field,
  acknowledgeDataLoss: field,
});
export type FormInputs = z.infer<typeof FormInputs>;

/** The form after a click, with the problem that kept it where it is. */
export interface Turned {
  readonly form: Form;
  readonly problem: Refusal | null;
}

const before: Record<PageName, PageName> = { resource: 'resource', vault: 'resource', key: 'vault', review: 'key' };

const on = (form: Form, change: Partial<Form>): Turned => ({
  form: { ...form, ...change, revision: form.revision + 1 },
  problem: null,
});
const stay = (form: Form, problem: Refusal, change: Partial<Form> = {}): Turned => ({
  form: { ...form, ...change, revision: form.revision + 1 },
  problem,
});

export const back = (form: Form): Turned => on(form, { page: before[form.page], shownDigest: null });
export const cancelForm = (form: Form): Turned => on(form, { ended: 'cancelled' });

/** Takes the choice of the current page and goes on. */
export async function next(form: Form, inputs: FormInputs, ports: CommandPorts): Promise<Turned> {
  switch (form.page) {
    case 'resource': {
      if (inputs.resource.trim() === '') return stay(form, refuse('choice-missing'));
      const resource = await chooseResource(ports.azure, inputs.resource);
      return resource.kind === 'refused'
        ? stay(form, resource)
        : on(form, { resourceId: resource.value.id, page: 'vault' });
    }
    case 'vault': {
      if (inputs.vault.trim() === '') return stay(form, refuse('choice-missing'));
      const vault = await chooseVault(ports.azure, inputs.vault);
      if (vault.kind === 'refused') return stay(form, vault);
      const key = form.vaultId === vault.value.id ? form.key : null;
      return on(form, { vaultId: vault.value.id, key, page: 'key' });
    }
    case 'key':
      return nextFromKey(form, inputs, ports);
    case 'review':
      return on(form, {});
  }
}

async function nextFromKey(form: Form, inputs: FormInputs, ports: CommandPorts): Promise<Turned> {
  if (form.vaultId === null) return on(form, { page: 'vault' });
  if (inputs.key.trim() === '') return stay(form, refuse('choice-missing'));
  const key =
    inputs.key.trim() === 'new'
      ? chooseNewKey(inputs, ports.now())
      : await chooseKey(ports.azure, form.vaultId, inputs.key);
  return key.kind === 'refused' ? stay(form, key) : on(form, { key: key.value, page: 'review' });
}

/**
 * Stores the request. Everything is read again first: where the plan is not the one that was shown, the page is shown
 * again instead. `late`: the person was told meanwhile that nothing came of the click. The cause `submit` makes a second click, or a click after a crash, find the same request.
 */
export async function submit(
  form: Form,
  inputs: FormInputs,
  ports: CommandPorts,
  late: () => boolean = () => false,
): Promise<Turned> {
  const kept = { justification: inputs.justification.slice(0, 600) };
  if (form.page !== 'review') return on(form, {});
  if (inputs.acknowledgeDataLoss !== 'true') return stay(form, refuse('acknowledge-data-loss'), kept);
  const facts = await factsOf(ports, form);
  if ('kind' in facts) return stay(form, facts, kept);
  if (!facts.ok) return stay(form, refuseFailure(facts.failure), kept);
  if (facts.value.page !== 'review') return on(form, kept);
  const { plan, digest, policy } = facts.value;
  const already = await ports.requests.load(form.requestId);
  if (already !== null && already.formId !== form.id) {
    // Two forms were given one id, which a billion ids make rare: this one gets another and is shown again.
    return stay(form, refuse('plan-moved'), { ...kept, requestId: mintRequestId(ports.random(6)) });
  }
  const [block] = blocksOf(plan);
  if (already === null && block !== undefined) return stay(form, refuse('plan-blocked', block.code), kept);
  if (already === null && digest !== form.shownDigest) return stay(form, refuse('plan-moved'), kept);
  if (late()) return on(form, kept);
  const { owner: by, actor, origin, id: formId } = form;
  const resourceName = plan.observation.resource.name;
  const command = { do: 'submit', by, actor, formId, resourceName, plan, digest, policy, origin } as const;
  const stored = await ports.requests.append(form.requestId, 'submit', (request, now) =>
    decide(request, { ...command, justification: inputs.justification }, now),
  );
  return stored.kind === 'refused' ? stay(form, stored, kept) : on(form, { ended: 'submitted', justification: '' });
}
