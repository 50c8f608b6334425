import { type Action, bothStatuses, settlerStatus, store } from './action.ts';

export const retry: Action = {
  verb: 'request.retry',
  requiresStandingOf: 'both',
  async handle(call, ports) {
    const [settling, { requesterStatus }] = await Promise.all([settlerStatus(call, ports), bothStatuses(call, ports)]);
    const { by, actor, asking } = call;
    return store(call, ports, 'retry', { do: 'retry', by, actor, asking, requesterStatus, ...settling });
  },
};
