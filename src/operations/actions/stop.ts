import { type Action, clickerStatus, store } from './action.ts';

/** Stops the run after the attempt under way. */
export const stop: Action = {
  verb: 'request.stop',
  requiresStandingOf: 'clicker',
  async handle(call, ports) {
    const roleStatus = await clickerStatus(call, ports);
    const { by, actor, asking } = call;
    return store(call, ports, 'stop', { do: 'stop', by, actor, asking, roleStatus });
  },
};
