/** All typed commands. Used by the parser, the help card and the manifest test. */
import { operations } from '../registry.ts';
import { askFor } from './ask.ts';
import { cmkHelp } from './cmk-help.ts';
import { cmkHistory } from './cmk-history.ts';
import { cmkRequests } from './cmk-requests.ts';
import { cmkStatus } from './cmk-status.ts';
import type { TypedCommand } from './command.ts';

export const commands: readonly TypedCommand[] = [
  ...operations.map(askFor),
  cmkStatus,
  cmkRequests,
  cmkHistory,
  cmkHelp,
];
