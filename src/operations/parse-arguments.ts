/** Parses the arguments of a typed command: `name=value` pairs, and the agent as a bare name. */
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import type { TypedCall } from './commands/command.ts';

type Arguments = Readonly<Record<string, string>>;

const maxQuoted = 80;

/** Refuses unknown parts. Ignoring them could select another agent or key than the person meant. */
function refuseUnknownParts(parts: readonly string[], takes: readonly string[]): Refusal {
  const quoted = parts.map((one) => `“${one}”`).join(' ');
  return { ...refuse('not-understood', quoted.slice(0, maxQuoted)), near: takes.map((name) => `${name}=`).join(', ') };
}

/**
 * Returns the arguments. `agent=NAME`, `resource=NAME` and a bare name mean the same. An empty value counts as missing: its
 * page asks.
 */
export function parseArguments(
  { args, words }: Pick<TypedCall, 'args' | 'words'>,
  takes: readonly string[],
): Arguments | Refusal {
  const { agent, ...rest } = args;
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value.trim() !== ''));
  const unknown = Object.keys(rest).filter((name) => !takes.includes(name));
  const resources = [agent, named.resource, ...words].filter((one) => one !== undefined && one.trim() !== '');
  const [resource, ...more] = resources;
  if (unknown.length > 0)
    return refuseUnknownParts(
      unknown.map((name) => `${name}=`),
      takes,
    );
  if (more.length > 0)
    return refuseUnknownParts(
      more.flatMap((one) => one ?? []),
      takes,
    );
  return resource === undefined ? named : { ...named, resource };
}
