/** Change reference: the ID of a ticket in another system, such as `CHG0031337`. The audit log stores it for good. */
import { z } from 'zod';
import { type Refusal, refuse } from '../request/refusal.ts';

export const ChangeReference = z.string().min(1).max(64);

/** The policy file's rule. Null: optional, in the default format. */
export interface ChangeReferenceRule {
  /** A regular expression that must match the whole reference. */
  readonly pattern: string;
  readonly required: boolean;
}

/** Default format. It allows no spaces, so that no personal data gets into the audit log, where it can't be erased. */
const usualPattern = '[A-Za-z0-9][A-Za-z0-9._/#-]*';

/** Parses the typed reference. Returns null for none, or a refusal. */
export function readChangeReference(typed: string, rule: ChangeReferenceRule | null): string | null | Refusal {
  const text = typed.trim();
  if (text === '') return rule?.required === true ? refuse('change-reference-missing') : null;
  const pattern = rule?.pattern ?? usualPattern;
  const fits = ChangeReference.safeParse(text).success && new RegExp(`^(?:${pattern})$`, 'u').test(text);
  return fits ? text : refuse('change-reference-unfit', pattern);
}

/** Returns the event field for a reference, or no field for none. */
export const referenceChosen = ({ changeReference }: { readonly changeReference?: string | null }) =>
  changeReference === undefined || changeReference === null ? {} : { changeReference };
