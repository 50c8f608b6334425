/** Refusals: expected negative answers. The words are in `src/text`. */
import { z } from 'zod';
import { type Failure, isPermissionRefusal } from '../failure.ts';

export const RefusalCode = z.enum([
  'acknowledge-data-loss',
  'acknowledge-irreversible',
  'resource-has-open-request',
  'already-approved',
  'already-approved-by-you',
  'cannot-check-membership',
  'cannot-check-requester',
  'check-too-old',
  'change-half-done',
  'change-too-late',
  'changed-meanwhile',
  'changed-too-often',
  'form-ended',
  'choice-missing',
  'clock-not-believed',
  'record-not-ahead',
  'guest',
  'key-not-visible',
  'look-lost',
  'not-under-own-key',
  'unknown-version',
  'version-in-use',
  'version-unfit',
  'justification-missing',
  'justification-too-long',
  'change-reference-missing',
  'change-reference-unfit',
  'comment-too-long',
  'reason-missing',
  'new-key-expiry-unfit',
  'new-key-kind-unfit',
  'new-key-name-unfit',
  'no-approvers-configured',
  'no-open-request-named',
  'no-requesters-configured',
  'no-role',
  'not-understood',
  'not-an-approver',
  'not-an-operator',
  'not-a-requester',
  'not-awaiting-approval',
  'not-needing-attention',
  'not-your-form',
  'nothing-changed',
  'not-your-request',
  'own-request',
  'plan-blocked',
  'plan-moved',
  'reminded-lately',
  'request-ended',
  'requester-lost-role',
  'run-started',
  'run-not-begun',
  'run-ending',
  'run-stops',
  'run-stopped',
  'sign-in-needed',
  'sign-in-other-person',
  'sign-in-too-old',
  'sign-in-too-weak',
  'sign-in-unverifiable',
  'stale-card',
  'start-half-chosen',
  'start-passed',
  'submit-lost',
  'start-too-far',
  'unknown-resource',
  'ambiguous-resource',
  'no-approved-state',
  'key-not-approved',
  'no-old-version',
  'old-version-not-named',
  'approved-vault-gone',
  'unknown-key',
  'unknown-request',
  'unknown-vault',
  'azure-unreachable',
  'azure-refused',
  'azure-cannot',
]);
export type RefusalCode = z.infer<typeof RefusalCode>;

/** A refusal with the one fact that its text needs, such as a name or request ID. Empty: none. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly fact: string;
  /** Suggestion of a similar name; missing if there is none. */
  readonly near?: string;
  /** The failure, if reading Azure caused the refusal. */
  readonly failure?: Failure;
}

export const refuse = (code: RefusalCode, fact = ''): Refusal => ({ kind: 'refused', code, fact });

/** Maps an Azure read failure to a refusal: try again, grant the bot a permission, or neither. */
export const refuseFailure = (failure: Failure): Refusal => ({ ...refuse(refusalFor(failure)), failure });

function refusalFor(failure: Failure): RefusalCode {
  if (isPermissionRefusal(failure)) return 'azure-refused';
  return failure.source !== 'bot' && failure.next === 'ask' ? 'azure-cannot' : 'azure-unreachable';
}

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refused';
