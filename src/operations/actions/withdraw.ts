import { type Action, store } from './action.ts';

/** Withdraws the person's own approval before the run begins. Needs no sign-in: stopping a change must never wait for one. */
export const withdraw: Action = {
  verb: 'request.withdraw',
  handle: (call, ports) =>
    store(call, ports, 'withdraw', { do: 'withdraw', by: call.by, actor: call.actor, asking: call.asking }),
};
