import type { PersonId } from '../../domain/ids.ts';
import type { Request } from '../../domain/request/request.ts';
import { peopleOfStop } from '../cards/views/stop-view.ts';

/** Returns the people that the request's cards name. */
export function peopleIn(request: Request): readonly PersonId[] {
  const ended = 'ended' in request && request.ended.by !== null ? [request.ended.by] : [];
  return [request.requester, ...request.approvals.map((approval) => approval.by), ...ended, ...peopleOfStop(request)];
}
