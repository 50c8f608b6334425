/** Microsoft's list of provider operations: the part that stands in the project, and the whole of it where a folder has it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { listedActions, listedDataActions } from '../../../src/sandbox/azure/arm/provider-operations.ts';
import { type Right, written } from './judge.ts';

const Operations = z.object({
  providers: z.record(
    z.string(),
    z.object({ operations: z.array(z.object({ name: z.string(), dataAction: z.boolean() })) }),
  ),
});

const keyOf = (right: Right): string => written(right).toLowerCase();
const keysOf = (kind: Right['kind'], names: readonly string[]): readonly string[] =>
  names.map((name) => keyOf({ kind, name }));

/** The names in the project. */
export const shortList: ReadonlySet<string> = new Set([
  ...keysOf('action', listedActions),
  ...keysOf('data-action', listedDataActions),
]);

/** A folder with `operations.json` and `builtin-roles.json`, which are no part of the project. Null: there is none here. */
export const officialFolder = process.env.CMK_TEST_PERMISSIONS || null;

export const officialFile = (name: string): unknown => {
  const file = path.join(officialFolder ?? '', name);
  if (!existsSync(file)) throw new Error(`there is no ${file}`);
  return JSON.parse(readFileSync(file, 'utf8'));
};

/** Every name of the providers that the folder has. */
export const wholeList = (): ReadonlySet<string> => {
  const { providers } = Operations.parse(officialFile('operations.json'));
  const all = Object.values(providers).flatMap(({ operations }) => operations);
  return new Set(all.map(({ name, dataAction }) => keyOf({ kind: dataAction ? 'data-action' : 'action', name })));
};

export const isListed = (right: Right, list: ReadonlySet<string>): boolean => list.has(keyOf(right));
/** Whether a name is listed as one or the other. */
export const isListedAsAny = (name: string, list: ReadonlySet<string>): boolean =>
  list.has(name.toLowerCase()) || list.has(`data: ${name.toLowerCase()}`);
