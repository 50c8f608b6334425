import { type Action, clickerStanding, store } from './action.ts';

/** Stops the run after the current step. */
export const stop: Action = {
  verb: 'request.stop',
  requiresStandingOf: 'clicker',
  async handle(call, ports) {
    const standing = await clickerStanding(call, ports);
    const { by, actor, asking } = call;
    return store(call, ports, 'stop', { do: 'stop', by, actor, asking, standing });
  },
};
