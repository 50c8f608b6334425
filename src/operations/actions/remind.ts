import { type Action, store } from './action.ts';

/** Has those called again who can decide. The first of two taps counts; what was asked an hour ago is another reminder. */
export const remindAction: Action = {
  verb: 'request.remind',
  async handle(call, ports) {
    const { by, actor, asking, requestId } = call;
    const last = (await ports.asItStood(requestId))?.remindedAt ?? 'never';
    return store(call, ports, `remind-after-${last}`, { do: 'remind', by, actor, asking });
  },
};
