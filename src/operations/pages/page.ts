/** What a page of a form is: what it shows, what it takes for an answer. How it looks is the card's affair. */
import { z } from 'zod';
import type { Outcome } from '../../domain/failure.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { CustomerKey, KeyKind, ObservedKey, ObservedResource, ObservedVault } from '../../domain/observed.ts';
import type { Plan } from '../../domain/plan.ts';
import type { AppliedPolicy } from '../../domain/policy/policy.ts';
import type { ResourceSummary } from '../../domain/ports/azure.ts';
import type { Refusal } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { ChosenKey, JudgedKey, JudgedVault } from '../choose.ts';
import type { Form, PageName } from '../form.ts';
import type { CommandPorts } from '../ports.ts';

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
  version: field,
  newKeyName: field,
  keyType: field,
  keySize: field,
  keyExpiry: field,
  justification: field,
  changeReference: field,
  acknowledgeDataLoss: field,
  startDay: field,
  startTime: field,
  /** Where the person is, as the client says: `Europe/Berlin`. */
  zone: field,
});
export type FormInputs = z.infer<typeof FormInputs>;

/** The facts a page shows, read afresh every time it is drawn. */
export type PageFacts =
  | {
      readonly page: 'resource';
      readonly resources: readonly ResourceSummary[];
      /** There are others, which are searched. */
      readonly more: boolean;
      readonly resource: ObservedResource | null;
    }
  | {
      readonly page: 'vault';
      readonly resource: ObservedResource;
      readonly vaults: readonly JudgedVault[];
      readonly chosen: string | null;
    }
  | {
      readonly page: 'key';
      readonly resource: ObservedResource;
      readonly vault: ObservedVault;
      readonly keys: readonly JudgedKey[];
      readonly way: Form['keyWay'];
      readonly chosen: ChosenKey | null;
      readonly now: Date;
    }
  | {
      readonly page: 'version';
      readonly resource: ObservedResource;
      /** Null: Microsoft's. Then there is nothing to choose from. */
      readonly current: CustomerKey | null;
      /** Where the key lies, as far as the bot can see it. */
      readonly vault: ObservedVault | null;
      readonly inUse: ObservedKey | null;
      readonly newest: ObservedKey | null;
      /** What a version that the run makes would be like; null: none can be made. */
      readonly makes: KeyKind | null;
      readonly chosen: 'newest' | 'new' | 'other' | null;
      readonly now: Date;
    }
  | {
      readonly page: 'review';
      readonly plan: Plan;
      readonly digest: string;
      readonly policy: AppliedPolicy;
      /** Whether the reference of a change ticket is asked for, by the policy file. */
      readonly reference: 'not-asked' | 'optional' | 'required';
      /** Another open request for the resource: it blocks this one. */
      readonly openRequest: RequestId | null;
      /** What it changes, and why it cannot be changed any more; null: it asks for something new. */
      readonly change: { readonly of: Request; readonly refusal: Refusal | null } | null;
    };
export type FactsOf<P extends PageName> = Extract<PageFacts, { readonly page: P }>;

/** `Answer` stands in covariant places only, so that every page fits into one list. */
export interface Page<Answer = unknown> {
  readonly name: PageName;
  /** In the row that shows how far one is: `Vault`. */
  readonly label: string;
  /** Pages whose answers this one's rests on: another answer there takes this one's back. */
  readonly restsOn: readonly PageName[];
  /** Reads what was kept of an answer. */
  readonly answer: { parse(value: unknown): Answer };
  /** What was typed with the command in place of this page's inputs; null: nothing. */
  readonly typed: (args: Readonly<Record<string, string>>) => Partial<FormInputs> | null;
  /** The answer that the inputs come to, or why they come to none. */
  readonly take: (form: Form, inputs: FormInputs, ports: CommandPorts) => Promise<Answer | Refusal>;
  readonly facts: (form: Form, ports: CommandPorts) => Promise<Outcome<PageFacts> | Refusal>;
}

/** What was answered on a page; null: nothing yet. */
export function answerOn<A>(form: Form, page: Pick<Page<A>, 'name' | 'answer'>): A | null {
  const answer = form.answers[page.name];
  return answer === undefined ? null : page.answer.parse(answer);
}

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refused';
