/** Details of the texts for events: what people wrote, plans, keys, sign-ins and times. */
import { shortDigest } from '../domain/digest.ts';
import type { Effect } from '../domain/effect.ts';
import type { Failure } from '../domain/failure.ts';
import type { Plan } from '../domain/plan.ts';
import type { SignIn } from '../domain/policy/sign-in.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import type { Reading } from '../domain/request/payloads.ts';
import { excerptLine } from './excerpt.ts';
import { utcMinute } from './instants.ts';
import { resourceKeyWords } from './keys.ts';
import { quote } from './quote.ts';
import { effectWords } from './steps.ts';

/** `texts`: quotes what people wrote. Not for copies that would survive an erasure. */
export interface TextOptions {
  readonly texts: boolean;
}

export const planWords = (event: StoredEvent): string =>
  event.body.planDigest === null ? '' : `plan ${shortDigest(event.body.planDigest)}`;

/** Returns the requested change of the agent's key. */
export const wantedWords = ({ steps }: Plan): string =>
  joinParts(
    ...steps
      .flatMap(({ effects }) => effects)
      .filter(({ change }) => change === 'customer-key')
      .map(effectWords),
  );

export const writtenText = (event: StoredEvent, field: string, { texts }: TextOptions): string => {
  const text = texts ? event.texts[field] : undefined;
  if (text === undefined) return '';
  return text === null ? 'its text was erased' : quote(text);
};

export const joinParts = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

/** Returns the agent's key at the time of the evidence pack. */
export const readingWords = ({ resource }: Reading): string => {
  if (resource.seen === 'absent') return 'the agent no longer existed';
  return resource.seen === 'not'
    ? 'Azure couldn’t be read'
    : `Azure showed ${resourceKeyWords(resource.value.customerKey)}`;
};

/** In UTC, as all times in the audit log. */
export const signInDetail = (signIn: SignIn | null): string =>
  signIn === null ? '' : `signed in again at ${utcMinute(signIn.signedInAt)} (${signIn.contexts.join(' ')})`;

const mostOfFailure = 200;
/** Shortened, but never without the missing permission and its scope. */
export const failureExcerpt = (failure: Failure): string => excerptLine(failure, mostOfFailure);

/** In UTC, as all times in the audit log. */
export const earliestStart = (notBefore: string | undefined): string =>
  notBefore === undefined ? '' : `to start no earlier than ${utcMinute(notBefore)}`;

/** Returns what Azure showed after the step: the changes, and values that the effects don't name. */
export function readBackOf(
  changes: readonly Effect[],
  { keyVersion, principalId }: Readonly<Record<string, string>>,
): string {
  const values = joinParts(
    ...changes.map(effectWords),
    keyVersion === undefined ? '' : `version ${keyVersion}`,
    principalId === undefined ? '' : `principal ${principalId}`,
  );
  return values === '' ? 'read back' : `read back: ${values}`;
}

/** The ID of the call in Azure's own logs. */
export const correlationOf = (id: string | null): string => (id === null ? '' : `Azure’s correlation id ${id}`);

export const referenceWords = (reference: string | undefined): string =>
  reference === undefined ? '' : `change number ${reference}`;
