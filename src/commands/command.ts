/** What a typed command is. One file a command; a command answers with a value that the chat edge carries out. */
import { z } from 'zod';
import { ArmId, type PersonId, RequestId } from '../domain/ids.ts';
import type { Policy, Standing } from '../domain/policy/policy.ts';
import type { AgentFacts } from '../domain/policy/rules.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Requests } from '../domain/ports/store.ts';
import type { Actor, Origin } from '../domain/request/events.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import type { Form } from './form.ts';

/** Who typed what, where. `args` are the `name=value` words after the command, names in lower case; `words` is the rest. */
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
  /** Whether the person may ask for the agent; without one, for any agent there could be. Asked afresh. */
  readonly requesterStanding: (person: PersonId, agent: AgentFacts | null) => Promise<Standing>;
  readonly random: (bytes: number) => Uint8Array;
  readonly sha256: (text: string) => string;
  readonly now: () => Date;
}

/** What a list shows; which page is asked for by its buttons. */
export const ListSubject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open-requests') }),
  z.object({ kind: z.literal('history-of-request'), requestId: RequestId }),
  z.object({ kind: z.literal('history-of-agent'), agentId: ArmId }),
  z.object({ kind: z.literal('latest-requests') }),
]);
export type ListSubject = z.infer<typeof ListSubject>;

export type CommandResult =
  | { readonly kind: 'open-form'; readonly form: Form }
  | { readonly kind: 'show-list'; readonly subject: ListSubject }
  | { readonly kind: 'show-help' }
  | Refusal;

export interface Command {
  /** As typed, with its slash. */
  readonly name: string;
  /** One line for the help card and the manifest. */
  readonly description: string;
  /** How to type it with everything it takes. */
  readonly usage: string;
  handle(call: TypedCall, ports: CommandPorts): Promise<CommandResult>;
}
