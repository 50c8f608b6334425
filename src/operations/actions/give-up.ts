import { type Action, settlerStatus, store } from './action.ts';

/** Ends a request that needs attention. The event lists what was done and what was not. */
export const giveUp: Action = {
  verb: 'request.give-up',
  requiresStandingOf: 'clicker',
  async handle(call, ports) {
    const settling = await settlerStatus(call, ports);
    const { by, actor, asking, inputs } = call;
    const { comment } = inputs;
    return store(call, ports, 'give-up', { do: 'give-up', by, actor, asking, ...settling, comment });
  },
};
