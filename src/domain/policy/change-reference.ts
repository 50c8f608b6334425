/** The number of a ticket elsewhere that a request belongs to, such as `CHG0031337`. It is stored in the audit log for good. */
import { z } from 'zod';
import { type Refusal, refuse } from '../request/refusal.ts';

export const ChangeReference = z.string().min(1).max(64);

/** What the policy file says of it; null: any that looks like a number or name of a ticket, or none. */
export interface ChangeReferenceRule {
  /** A regular expression that all of it must match. */
  readonly pattern: string;
  readonly required: boolean;
}

/** Without spaces: nobody's name or story ends up where it can't be erased. */
const usualPattern = '[A-Za-z0-9][A-Za-z0-9._/#-]*';

/** The reference that was typed, null for none, or why it can't be taken. */
export function readChangeReference(typed: string, rule: ChangeReferenceRule | null): string | null | Refusal {
  const text = typed.trim();
  if (text === '') return rule?.required === true ? refuse('change-reference-missing') : null;
  const pattern = rule?.pattern ?? usualPattern;
  const fits = ChangeReference.safeParse(text).success && new RegExp(`^(?:${pattern})$`, 'u').test(text);
  return fits ? text : refuse('change-reference-unfit', pattern);
}

/** For the data of an event. */
export const referenceChosen = ({ changeReference }: { readonly changeReference?: string | null }) =>
  changeReference === undefined || changeReference === null ? {} : { changeReference };
