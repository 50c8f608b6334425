import { isRefusal } from '../../domain/request/refusal.ts';
import { findRequest } from '../find-request.ts';
import type { Action } from './action.ts';

/** Returns the current request. Accepts any revision and changes nothing. */
export const refresh: Action = {
  verb: 'request.refresh',
  async handle(call, ports) {
    const request = await findRequest({ load: ports.loadSnapshot }, call.requestId);
    return isRefusal(request) ? request : { kind: 'shown', request };
  },
};
