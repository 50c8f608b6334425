import type { Request } from '../../domain/request.ts';
import { label, plain } from '../plain-text.ts';
import { type Line, stateLineOf } from './state-line.ts';

/** What every card about the request starts with. `userIds` see their own view. */
export function requestHeaderOf(request: Request, userIds: readonly string[], line: Line = stateLineOf(request)) {
  return {
    requestId: request.id as string,
    revision: request.asking,
    userIds: [...userIds],
    fallbackText: label(`${request.id}: customer-managed key for ${request.agentName}. ${line.text}`),
    stateLine: plain(line.text),
    stateColor: line.color,
    agent: plain(request.agentName),
  };
}

export type RequestHeader = ReturnType<typeof requestHeaderOf>;
