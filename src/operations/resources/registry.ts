/** The kinds of resource there are. A new one: its file and its place in this list. */
import { z } from 'zod';
import type { ResourceKind } from '../../domain/ports/resource-kind.ts';
import { healthcareAgent } from './healthcare-agent.ts';

const all = [healthcareAgent] as const;
const [first, ...rest] = all;

/** The closed union, made by the list: a resource of a kind that is not there is not read. */
export const Resource = z.discriminatedUnion('kind', [first.ref, ...rest.map(({ ref }) => ref)]);
export type Resource = z.infer<typeof Resource>;

export const kinds: readonly ResourceKind[] = all;

/** Throws where there is none of this name. */
export function kindNamed(name: string): ResourceKind {
  const kind = kinds.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`resources of kind ${name} are not known`);
  return kind;
}
