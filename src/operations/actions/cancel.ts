import { type Action, store } from './action.ts';

/** Ends the requester's own request, until its run has started. */
export const cancel: Action = {
  verb: 'request.cancel',
  handle: (call, ports) =>
    store(call, ports, 'cancel', { do: 'cancel', by: call.by, actor: call.actor, asking: call.asking }),
};
