/** What a typed command is. One file a command; a command answers with a value that the chat edge carries out. */
import { z } from 'zod';
import { ArmId, RequestId } from '../domain/ids.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import type { Form } from '../operations/form.ts';
import type { CommandPorts, TypedCall } from '../operations/ports.ts';

/** What a list shows; which page is asked for by its buttons. */
export const ListSubject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open-requests') }),
  z.object({ kind: z.literal('history-of-request'), requestId: RequestId }),
  z.object({ kind: z.literal('history-of-resource'), resourceId: ArmId }),
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
  /** What it makes the bot do: `form` asks Azure, `list` reads and folds the record. Heavier ones count for more. */
  readonly weight: 'light' | 'form' | 'list';
  handle(call: TypedCall, ports: CommandPorts): Promise<CommandResult>;
}
