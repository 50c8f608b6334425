import { type Action, standingOn, store } from './action.ts';

/** Stops the run after the current step. */
export const stop: Action = {
  verb: 'request.stop',
  restsOn: 'clicker',
  async handle(call, ports) {
    const standing = await standingOn(call, ports);
    const { by, actor, asking } = call;
    return store(call, ports, 'stop', { do: 'stop', by, actor, asking, standing });
  },
};
