/** What a typed command is. One file a command; a command answers with a value that the chat edge carries out. */
import { z } from 'zod';
import { ArmId, PersonId, RequestId } from '../../domain/ids.ts';
import type { Refusal } from '../../domain/request/refusal.ts';
import type { Form } from '../form.ts';
import type { CommandPorts, TypedCall } from '../ports.ts';

/** Which of the open requests: all, those of one person, those that one person has to act on, those under way. */
export const OpenShow = z.enum(['all', 'waiting', 'mine', 'running']);
export type OpenShow = z.infer<typeof OpenShow>;

/** Which of what happened: everything, what people decided, what was done. */
export const HistoryShow = z.enum(['everything', 'decisions', 'changes']);
export type HistoryShow = z.infer<typeof HistoryShow>;

/** Which agents: all, those with something to do, those under Microsoft's key. */
export const FleetShow = z.enum(['all', 'to-do', 'microsofts']);
export type FleetShow = z.infer<typeof FleetShow>;

/** What a list shows; which page, and what else of the same, is asked for by its buttons. */
export const ListSubject = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('open-requests'),
    show: OpenShow,
    /** Whose `mine` and `waiting` are. */
    by: PersonId,
    /** Part of an agent's name or of a request's id; empty: whatever they are called. */
    named: z.string().max(100),
  }),
  z.object({
    kind: z.literal('agents'),
    show: FleetShow,
    /** Part of an agent's name; empty: whatever they are called. */
    named: z.string().max(100),
  }),
  z.object({ kind: z.literal('one-request'), requestId: RequestId }),
  z.object({ kind: z.literal('history-of-request'), requestId: RequestId, show: HistoryShow }),
  z.object({ kind: z.literal('history-of-resource'), resourceId: ArmId, show: HistoryShow }),
  z.object({ kind: z.literal('latest-requests') }),
]);
export type ListSubject = z.infer<typeof ListSubject>;

export type CommandResult =
  | { readonly kind: 'open-form'; readonly form: Form }
  | { readonly kind: 'show-list'; readonly subject: ListSubject }
  | { readonly kind: 'show-help' }
  | Refusal;

export interface TypedCommand {
  /** As typed, with its slash. */
  readonly name: string;
  /** One line for the help card and the manifest. */
  readonly description: string;
  /** How to type it with everything it takes. */
  readonly usage: string;
  /** What it makes the bot do: `form` asks Azure, `list` reads and folds the record. Heavier ones count for more. */
  readonly weight: 'light' | 'form' | 'list';
  handle(call: TypedCall, ports: CommandPorts): Promise<CommandResult>;
}
