import { openForm } from '../open-form.ts';
import type { Operation } from '../operation.ts';
import type { TypedCommand } from './command.ts';

/** Returns the typed command that requests an operation. All operations use the same form. */
export const askFor = (operation: Operation): TypedCommand => ({
  ...operation.typed,
  weight: 'form',
  handle: (call, ports) => openForm(operation, call, ports),
});
