import { type Action, settlerStatus, store } from './action.ts';

/**
 * Says who works on a request that needs attention. The last takeover is in the cause, so a person can take the request over
 * again.
 */
export const takeOn: Action = {
  verb: 'request.take-on',
  requiresStandingOf: 'clicker',
  async handle(call, ports) {
    const { by, actor, asking, requestId } = call;
    const [settling, request] = await Promise.all([settlerStatus(call, ports), ports.loadSnapshot(requestId)]);
    const verb = `take-on-after-${request?.takenOn?.at ?? 'never'}`;
    return store(call, ports, verb, { do: 'take-on', by, actor, asking, ...settling });
  },
};
