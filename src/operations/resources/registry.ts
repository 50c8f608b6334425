/** All kinds of resources. To add one that the bot writes: its file and its entry in this list. */
import { z } from 'zod';
import type { KeyPlace, ResourceKind } from '../../domain/resource-kind.ts';
import { healthcareAgent } from './healthcare-agent.ts';
import { readOnlyKinds } from './read-only.ts';
import { storageAccount } from './storage-account.ts';

const all = [healthcareAgent, storageAccount] as const;
const [first, ...rest] = all;

/** Closed union of the list's schemas. Unknown kinds are refused. */
export const Resource = z.discriminatedUnion('kind', [first.ref, ...rest.map(({ ref }) => ref)]);
export type Resource = z.infer<typeof Resource>;

export const kinds: readonly ResourceKind[] = all;

/** What a rule of the policy file without `kinds` means, and the default of `CMK_KINDS`. ARM types in lower case. */
export const usualKinds: readonly string[] = [healthcareAgent.type.toLowerCase()];

/** Kinds whose keys the bot can read. */
export const readableKinds: readonly KeyPlace[] = [...all, ...readOnlyKinds];

/** Throws if there is none. */
export function kindNamed(name: string): ResourceKind {
  const kind = kinds.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`resources of kind ${name} are not known`);
  return kind;
}
