import { RequestId } from '../domain/ids.ts';
import type { Requests } from '../domain/ports/store.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';

/** Loads the request with this ID, as a person typed or a client sent it. */
export async function findRequest(requests: Pick<Requests, 'load'>, wanted: unknown): Promise<Request | Refusal> {
  const id = RequestId.safeParse(wanted).data;
  const request = id === undefined ? null : await requests.load(id);
  return request ?? refuse('unknown-request', String(wanted ?? '').slice(0, 20));
}
