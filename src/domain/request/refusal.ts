/** Refusals: expected negative answers. The words are in refusals.ts. */
import { z } from 'zod';
import { catchFailure, type Failure, isPermissionRefusal } from '../failure.ts';
import { refusals } from './refusals.ts';

export type RefusalCode = keyof typeof refusals;
export const RefusalCode = z.enum(Object.keys(refusals) as [RefusalCode, ...RefusalCode[]]);

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

/** Runs the reads of a person's turn. A failure that they throw is a refusal. */
export async function refuseOnFailure<T>(work: () => Promise<T>): Promise<T | Refusal> {
  const outcome = await catchFailure(work);
  return outcome.ok ? outcome.value : refuseFailure(outcome.failure);
}

function refusalFor(failure: Failure): RefusalCode {
  if (isPermissionRefusal(failure)) return 'azure-refused';
  return isLastingFailure(failure) ? 'azure-cannot' : 'azure-unreachable';
}

/** Returns whether a later attempt gets the same answer from Azure. */
export const isLastingFailure = (failure: Failure): boolean =>
  isPermissionRefusal(failure) || (failure.source !== 'bot' && failure.next === 'ask');

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refused';
