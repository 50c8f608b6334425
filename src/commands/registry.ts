/** What can be typed. Feeds parsing, the help card and the manifest test. */
import { cmkHelp } from './cmk-help.ts';
import { cmkHistory } from './cmk-history.ts';
import { cmkRequests } from './cmk-requests.ts';
import type { Command } from './command.ts';
import { enableCmk } from './enable-cmk.ts';

export const commands: readonly Command[] = [enableCmk, cmkRequests, cmkHistory, cmkHelp];
