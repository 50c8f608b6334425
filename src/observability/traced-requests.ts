/** Decisions, told of as they are stored: what was decided in words of the program, and on which request. */
import type { Requests } from '../domain/ports/store.ts';
import type { Tracing } from '../domain/ports/tracing.ts';

export const tracedRequests = (requests: Requests, tracing: Tracing): Requests => ({
  ...requests,
  append: (id, cause, decide) =>
    tracing.span({ name: 'decision', attributes: { 'cmk.request.id': id } }, async (note) => {
      const answer = await requests.append(id, cause, decide);
      if (answer.kind === 'refused') note({ 'cmk.decision': 'refused', 'cmk.refusal': answer.code });
      else {
        note({
          'cmk.decision': answer.replay ? 'as before' : 'accepted',
          'cmk.events': answer.events.map(({ body }) => body.type),
          'cmk.request.state': answer.request.state,
        });
      }
      return answer;
    }),
});
