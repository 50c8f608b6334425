import { type Action, store } from './action.ts';

/**
 * Notifies the approvers again. The first of two taps counts. The time of the last reminder is in the cause, so a later click
 * sends another reminder.
 */
export const remindAction: Action = {
  verb: 'request.remind',
  async handle(call, ports) {
    const { by, actor, asking, requestId } = call;
    const last = (await ports.loadSnapshot(requestId))?.remindedAt ?? 'never';
    return store(call, ports, `remind-after-${last}`, { do: 'remind', by, actor, asking });
  },
};
