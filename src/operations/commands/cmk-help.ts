import type { TypedCommand } from './command.ts';

export const cmkHelp: TypedCommand = {
  name: '/cmk-help',
  description: 'What you can type',
  usage: '/cmk-help',
  weight: 'light',
  handle: async () => ({ kind: 'show-help' }),
};
