/** Pages of a form: what a page shows and which answer it takes. Cards define the layout. */
import { z } from 'zod';
import type { RequestId } from '../../domain/ids.ts';
import type { CustomerKey, KeyKind, ObservedKey, ObservedResource, ObservedVault } from '../../domain/observed.ts';
import type { Plan } from '../../domain/plan.ts';
import type { AppliedPolicy, ChangeReferenceRule } from '../../domain/policy/policy.ts';
import type { ResourceSummary } from '../../domain/ports/inventory.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { ResourceKind } from '../../domain/resource-kind.ts';
import type { ChosenKey, JudgedKey, JudgedVault } from '../choose.ts';
import type { CommandPorts } from '../commands/command.ts';
import type { Form, PageName } from '../form.ts';

const maxInput = 4000;
const field = z
  .string()
  .catch('')
  .default('')
  .transform((text) => text.slice(0, maxInput));

/** Inputs of a form's card. Anything but text counts as empty; longer text is cut. */
export const FormInputs = z.object({
  resource: field,
  vault: field,
  key: field,
  version: field,
  newKeyName: field,
  keyType: field,
  keySize: field,
  keyExpiry: field,
  followVersions: field,
  justification: field,
  changeReference: field,
  acknowledgeDataLoss: field,
  startDay: field,
  startTime: field,
  /** The client's time zone: `Europe/Berlin`. */
  zone: field,
});
export type FormInputs = z.infer<typeof FormInputs>;

/** Facts that a page shows, read each time it is rendered. */
export type PageFacts =
  | {
      readonly page: 'resource';
      readonly resources: readonly ResourceSummary[];
      /** There are more; typeahead finds them. */
      readonly more: boolean;
      /** Kinds that are turned on. */
      readonly kinds: readonly ResourceKind[];
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
      readonly way: NonNullable<Form['keyWay']>;
      readonly chosen: ChosenKey | null;
      readonly now: Date;
    }
  | {
      readonly page: 'version';
      readonly resource: ObservedResource;
      /** Null: a Microsoft-managed key, so there is no version to choose. */
      readonly current: CustomerKey | null;
      /** It names no version, and follows new ones. `inUse` is the newest then. */
      readonly follows: boolean;
      /** The key's vault; null: the bot can't see it. */
      readonly vault: ObservedVault | null;
      readonly inUse: ObservedKey | null;
      readonly newest: ObservedKey | null;
      /** Settings of a version that the run would create; null: it can't create one. */
      readonly makes: KeyKind | null;
      readonly chosen: 'newest' | 'new' | 'other' | null;
      readonly now: Date;
    }
  | {
      readonly page: 'review';
      readonly plan: Plan;
      readonly digest: string;
      readonly policy: AppliedPolicy;
      /** The policy file's rule for change numbers; null: the page asks for none. */
      readonly changeReference: ChangeReferenceRule | null;
      /** The database's owner can't remove a decision. */
      readonly publishes: boolean;
      readonly openRequest: RequestId | null;
      /** The request that is edited, and why it can't be edited any more; null: a new request. */
      readonly change: { readonly request: Request; readonly refusal: Refusal | null } | null;
    };
export type FactsOf<P extends PageName> = Extract<PageFacts, { readonly page: P }>;

/** A page. `Answer` is used in covariant positions only, so that all pages fit in one list. */
export interface Page<Answer = unknown> {
  readonly name: PageName;
  /** Label in the progress row: `Vault`. */
  readonly label: string;
  /** Its answer follows from earlier pages: it's taken by itself, and the page is never shown. */
  readonly automatic?: true;
  /** Pages that this answer depends on. A different answer there removes this one. */
  readonly dependsOn: readonly PageName[];
  readonly answer: { parse(value: unknown): Answer };
  /** Inputs from the typed command's arguments; null: none. */
  readonly typed: (args: Readonly<Record<string, string>>) => Partial<FormInputs> | null;
  /** Only of an automatic page: inputs that lead to its answer again. None: it follows from earlier pages alone. */
  readonly again?: (form: Form) => Partial<FormInputs>;
  /** Returns the answer for the inputs, or a refusal. Throws an `AzureFailure`, as `facts` does. */
  readonly take: (form: Form, inputs: FormInputs, ports: CommandPorts) => Promise<Answer | Refusal>;
  readonly facts: (form: Form, ports: CommandPorts) => Promise<PageFacts | Refusal>;
}

/** Null: none yet. */
export function answerOn<A>(form: Form, page: Pick<Page<A>, 'name' | 'answer'>): A | null {
  const answer = form.answers[page.name];
  return answer === undefined ? null : page.answer.parse(answer);
}

/** Of a page whose answer follows from earlier pages. */
export const neverShown = { automatic: true, facts: async () => refuse('choice-missing') } as const;
