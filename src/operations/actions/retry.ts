import { type Action, bothStatuses, store } from './action.ts';

/** Starts another run of a request that needs attention. */
export const retry: Action = {
  verb: 'request.retry',
  requiresStandingOf: 'both',
  async handle(call, ports) {
    const roleStatuses = await bothStatuses(call, ports);
    const { by, actor, asking } = call;
    return store(call, ports, 'retry', { do: 'retry', by, actor, asking, ...roleStatuses });
  },
};
