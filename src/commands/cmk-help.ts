import type { Command } from './command.ts';

/** Shows what can be typed. */
export const cmkHelp: Command = {
  name: '/cmk-help',
  description: 'What you can type',
  usage: '/cmk-help',
  weight: 'light',
  handle: async () => ({ kind: 'show-help' }),
};
