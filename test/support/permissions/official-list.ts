/** Microsoft's list of provider operations: the part that is in the project. */
import { listedActions, listedDataActions } from '../../../sandbox/azure/arm/roles.ts';
import { type Right, written } from './judge.ts';

const keyOf = (right: Right): string => written(right).toLowerCase();
const keysOf = (kind: Right['kind'], names: readonly string[]): readonly string[] =>
  names.map((name) => keyOf({ kind, name }));

const listed: ReadonlySet<string> = new Set([
  ...keysOf('action', listedActions),
  ...keysOf('data-action', listedDataActions),
]);

export const isListed = (right: Right): boolean => listed.has(keyOf(right));
export const isListedAsAny = (name: string): boolean =>
  listed.has(name.toLowerCase()) || listed.has(`data: ${name.toLowerCase()}`);
