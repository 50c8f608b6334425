import { type Action, settlerStatus, store } from './action.ts';

/** The request's revision is in the cause, so a person can take the request on again. A second tap changes nothing anyway. */
const working = (verb: string, released: boolean): Action => ({
  verb,
  requiresStandingOf: 'clicker',
  async handle(call, ports) {
    const { by, actor, asking, requestId } = call;
    const [settling, request] = await Promise.all([settlerStatus(call, ports), ports.loadSnapshot(requestId)]);
    const cause = `${verb}-at-${request?.revision ?? 0}`;
    return store(call, ports, cause, { do: 'take-on', by, actor, asking, released, ...settling });
  },
});

/** Says who works on a request that needs attention. */
export const takeOn = working('request.take-on', false);
/** Takes that back. */
export const release = working('request.release', true);
