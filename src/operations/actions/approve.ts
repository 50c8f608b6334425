import { parseStartTime } from '../start-time.ts';
import { type Action, bothStatuses, store } from './action.ts';

/** Counts the clicker's approval of the plan on the card. The last required approval starts the run. */
export const approve: Action = {
  verb: 'request.approve',
  requiresStandingOf: 'both',
  async handle(call, ports) {
    const { by, actor, asking, inputs, signIn } = call;
    const { stepUp } = ports;
    const roleStatuses = await bothStatuses(call, ports);
    const acknowledged = inputs.acknowledgeIrreversible === 'true';
    const { comment } = inputs;
    const notBefore = parseStartTime(inputs);
    if (notBefore !== null && typeof notBefore !== 'string') return notBefore;
    return store(call, ports, 'approve', {
      do: 'approve',
      by,
      actor,
      asking,
      ...roleStatuses,
      acknowledged,
      comment,
      stepUp,
      signIn,
      notBefore,
    });
  },
};
