/** All typed commands. Used by the parser, the help card and the manifest test. */

import { openForm } from '../open-form.ts';
import type { Operation } from '../operation.ts';
import { operations } from '../registry.ts';
import { cmkHelp } from './cmk-help.ts';
import { cmkHistory } from './cmk-history.ts';
import { cmkRequests } from './cmk-requests.ts';
import { cmkStatus } from './cmk-status.ts';
import type { TypedCommand } from './command.ts';

/** Returns the typed command that requests an operation. All operations use the same form. */
export const requestCommand = (operation: Operation): TypedCommand => ({
  ...operation.typed,
  weight: 'form',
  handle: (call, ports) => openForm(operation, call, ports),
});

export const commands: readonly TypedCommand[] = [
  ...operations.map(requestCommand),
  cmkStatus,
  cmkRequests,
  cmkHistory,
  cmkHelp,
];
