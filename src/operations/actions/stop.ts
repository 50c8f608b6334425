import { type Action, settlerStatus, store } from './action.ts';

export const stop: Action = {
  verb: 'request.stop',
  requiresStandingOf: 'clicker',
  async handle(call, ports) {
    const settling = await settlerStatus(call, ports);
    const { by, actor, asking } = call;
    return store(call, ports, 'stop', { do: 'stop', by, actor, asking, ...settling });
  },
};
