import type { Command } from './command.ts';

/** Lists the requests that have not ended, those that wait for people first. */
export const cmkRequests: Command = {
  name: '/cmk-requests',
  description: 'Requests that are open',
  usage: '/cmk-requests',
  weight: 'list',
  handle: async () => ({ kind: 'show-list', subject: { kind: 'open-requests' } }),
};
