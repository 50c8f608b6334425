/** Typed commands. Each command has one file and returns a value that the Teams layer carries out. */
import { z } from 'zod';
import { ArmId, type PersonId, RequestId } from '../../domain/ids.ts';
import type { KeyImpact } from '../../domain/key-impact.ts';
import type { Policy, RoleStatus } from '../../domain/policy/policy.ts';
import type { ResourceFacts } from '../../domain/policy/rules.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { Actor } from '../../domain/request/events.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { LastVerified } from '../../domain/watch/drift.ts';
import type { Form } from '../form.ts';

export const OpenShow = z.enum(['all', 'waiting', 'mine', 'running']);
export type OpenShow = z.infer<typeof OpenShow>;

export const HistoryShow = z.enum(['everything', 'decisions', 'changes']);
export type HistoryShow = z.infer<typeof HistoryShow>;

/** Filter of resources: all, with something to do, with a Microsoft-managed key. */
export const FleetShow = z.enum(['all', 'to-do', 'microsofts']);
export type FleetShow = z.infer<typeof FleetShow>;

/**
 * What a list shows; its buttons carry it. `id` of open requests: the person that `mine` and `waiting` refer to, a request, or a
 * part of a resource's name or of a request's id. Of resources: a part of their names. Empty: no limit.
 */
export const ListSubject = z.discriminatedUnion('list', [
  z.object({ list: z.literal('open'), filter: OpenShow, id: z.string().max(100) }),
  z.object({ list: z.literal('agents'), filter: FleetShow, id: z.string().max(100) }),
  z.object({ list: z.literal('history'), filter: HistoryShow, id: z.union([RequestId, ArmId]) }),
  z.object({ list: z.literal('latest'), filter: z.literal('all'), id: z.literal('') }),
]);
export type ListSubject = z.infer<typeof ListSubject>;

export type CommandResult =
  | { readonly kind: 'open-form'; readonly form: Form }
  | { readonly kind: 'show-list'; readonly subject: ListSubject }
  | { readonly kind: 'show-impact'; readonly impact: KeyImpact }
  | { readonly kind: 'show-help' }
  | Refusal;

export interface TypedCommand {
  /** As typed, with its slash. */
  readonly name: string;
  /** One line for the help card and the manifest. */
  readonly description: string;
  /** Syntax with all arguments. */
  readonly usage: string;
  /** Cost class for the rate limit: `form` queries Azure, `list` reads the audit log. */
  readonly weight: 'light' | 'form' | 'list';
  /** Throws an `AzureFailure`. */
  handle(call: TypedCall, ports: CommandPorts): Promise<CommandResult>;
}

/**
 * A typed command with its person and conversation. `args` are the `name=value` words, names in lower case; `words` is the
 * rest.
 */
export interface TypedCall {
  readonly by: PersonId;
  readonly actor: Actor;
  readonly origin: Origin;
  readonly args: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

export interface CommandPorts {
  readonly azure: Azure;
  readonly requests: Requests;
  readonly policy: Policy;
  readonly tenantId: string;
  /**
   * Whether the person can make requests for the resource, from a fresh directory lookup. Without a resource: for any possible
   * resource.
   */
  readonly requesterStatus: (person: PersonId, resource: ResourceFacts | null) => Promise<RoleStatus>;
  /** What the resource's last succeeded request approved and verified; null: no request succeeded. */
  readonly lastVerified: (resource: ArmId) => Promise<LastVerified | null>;
  /** The audit log is published, so that no decision can be removed from it. */
  readonly publishes: boolean;
  readonly random: (bytes: number) => Uint8Array;
  readonly now: () => Date;
}

type Arguments = Readonly<Record<string, string>>;

const maxQuoted = 80;

/** Refuses unknown parts. Ignoring them could select another resource or key than the person meant. */
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

/** Returns what a command that takes only a name was given. All words are one name; empty: none. */
export function parseName({ args, words }: Pick<TypedCall, 'args' | 'words'>): string | Refusal {
  const typed = parseArguments({ args, words: [words.join(' ')] }, ['resource']);
  return isRefusal(typed) ? typed : (typed.resource ?? '').trim();
}
