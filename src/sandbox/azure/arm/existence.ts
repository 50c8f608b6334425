import type { Incoming } from '../http/incoming.ts';
import { notSimulated } from '../http/not-simulated.ts';
import { type Reply, reply } from '../http/reply.ts';

/** A resource group, or one resource or key in it: whether these exist can be asked. */
const single = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(\/providers\/[^/]+(\/[^/]+\/[^/]+)+)?$/i;

/** `HEAD` is answered by what reading would come to: 204 or 404, without a body (the description). */
export const asReading = (incoming: Incoming): Incoming => {
  if (single.test(incoming.path)) return { ...incoming, method: 'GET' };
  throw notSimulated(incoming);
};

export const existence = ({ status }: Reply): Reply => reply(status === 200 ? 204 : status);
