import { type Action, store } from './action.ts';

export const cancel: Action = {
  verb: 'request.cancel',
  handle: (call, ports) =>
    store(call, ports, 'cancel', { do: 'cancel', by: call.by, actor: call.actor, asking: call.asking }),
};
