import { type Action, store } from './action.ts';

/** Cancels the requester's own request before its run starts. */
export const cancel: Action = {
  verb: 'request.cancel',
  handle: (call, ports) =>
    store(call, ports, 'cancel', { do: 'cancel', by: call.by, actor: call.actor, asking: call.asking }),
};
