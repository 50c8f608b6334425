import { refuse } from '../../domain/request/refusal.ts';
import type { Action } from './action.ts';

/** Returns the current request. Accepts any revision and changes nothing. */
export const refresh: Action = {
  verb: 'request.refresh',
  async handle(call, ports) {
    const request = await ports.loadSnapshot(call.requestId);
    return request === null ? refuse('unknown-request', call.requestId) : { kind: 'shown', request };
  },
};
