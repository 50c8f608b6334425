import type { Request } from '../../../domain/request/request.ts';
import { operationOf } from '../../../operations/registry.ts';
import { label, plain } from '../plain-text.ts';
import type { CardContext } from './reader.ts';
import { type StateLine, stateLineOf } from './state-line.ts';

/** What every card about the request starts with. */
export function requestHeaderOf(
  request: Request,
  { userIds, paused }: CardContext,
  line: StateLine = stateLineOf(request, paused),
) {
  return {
    requestId: request.id as string,
    revision: request.asking,
    userIds: [...userIds],
    fallbackText: label(
      `${request.id}: ${operationOf(request.plan.wish).words.asksFor} for ${request.resourceName}. ${line.text}`,
    ),
    stateLine: plain(line.text),
    stateColor: line.color,
    resource: plain(request.resourceName),
  };
}
