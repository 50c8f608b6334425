import { z } from 'zod';
import { quietJson } from '../../audit/export-jsonl.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import type { Request } from '../../domain/request/request.ts';
import { flag, jsonOption, namesOf, requestIdInput, Unusable } from './inputs.ts';
import { exit, subcommand } from './subcommand.ts';
import { lastFailure, nextRetry, requestOf, requestStory, summaryOf } from './words/request-story.ts';
import { safeNow } from './words/safe-now.ts';

/** One request in full as `--json` tells of it. Fields may be added, never renamed. */
const detailsOf = (request: Request, events: readonly StoredEvent[]) => ({
  ...summaryOf(request),
  planDigest: request.digest,
  justification: request.justification,
  changeReference: request.changeReference,
  expiresAt: request.policy.expiresAt,
  approvalsRequired: request.policy.approvalsRequired,
  approvals: request.approvals,
  steps: request.progress,
  proofs: request.state === 'succeeded' ? request.proofs : [],
  /** Null: the vault's log is not asked, or not yet. */
  use: request.state === 'succeeded' ? request.use : null,
  lastFailure: lastFailure(request),
  nextRetryAt: nextRetry(request),
  safeNow: safeNow(request).verbs,
  events: events.map(({ seq, revision, time, cause, body, texts }) => ({
    seq,
    revision,
    time,
    type: body.type,
    cause,
    actor: body.actor,
    submittedBy: body.submittedBy,
    result: body.result,
    texts,
  })),
});

/** One request: what happened, what failed last, what comes next, what is done, what is safe now. */
export const requestsShow = subcommand({
  name: 'requests show',
  usage: 'ID [--json]',
  summary: 'what happened, what failed last, what is done, what is safe now',
  help: '',
  options: jsonOption,
  positionals: ['id'],
  input: z.object({ id: requestIdInput, json: flag }),
  async run({ id, json }, { records, print, write }) {
    const { records: record } = await records();
    const events = await record.events({ id });
    if (events.length === 0) throw new Unusable(`there is no request ${id}`);
    const request = requestOf({ id, events });
    if (json) {
      await write(`${quietJson(detailsOf(request, events), 2)}\n`);
      return exit.done;
    }
    const names = await namesOf(record, [request.requester, ...events.map((event) => event.body.actor.id)]);
    await print(requestStory(request, events, names));
    return exit.done;
  },
});
