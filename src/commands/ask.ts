import { openForm } from '../operations/open-form.ts';
import type { Operation } from '../operations/operation.ts';
import type { Command } from './command.ts';

/** What is typed to ask for an operation: the same for all of them. */
export const askFor = (operation: Operation): Command => ({
  ...operation.typed,
  weight: 'form',
  handle: (call, ports) => openForm(operation, call, ports),
});
