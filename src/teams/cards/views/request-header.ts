import type { Request } from '../../../domain/request/request.ts';
import { operationOf } from '../../../operations/registry.ts';
import { label, plain } from '../plain-text.ts';
import type { CardContext } from './reader.ts';
import { type StateLine, stateLineOf } from './state-line.ts';

/** Returns the first lines of every card about the request. */
export function requestHeaderOf(
  request: Request,
  { userIds, paused }: CardContext,
  line: StateLine = stateLineOf(request, paused),
) {
  const { words } = operationOf(request.plan.wish);
  return {
    requestId: request.id as string,
    revision: request.asking,
    userIds: [...userIds],
    fallbackText: label(`${request.resourceName}: ${words.asksFor}, ${line.text} (${request.id})`),
    stateLine: plain(line.text),
    stateColor: line.color,
    stateIcon: line.icon,
    resource: plain<string>(
      request.state === 'succeeded'
        ? `${words.succeeded} for ${request.resourceName}`
        : `${words.action} for ${request.resourceName}`,
    ),
  };
}
