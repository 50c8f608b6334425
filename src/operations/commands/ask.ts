import { openForm } from '../open-form.ts';
import type { Operation } from '../operation.ts';
import type { TypedCommand } from './command.ts';

/** What is typed to ask for an operation: the same for all of them. */
export const askFor = (operation: Operation): TypedCommand => ({
  ...operation.typed,
  weight: 'form',
  handle: (call, ports) => openForm(operation, call, ports),
});
