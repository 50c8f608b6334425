import { z } from 'zod';
import { quietJson } from '../../audit/export-jsonl.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Records } from '../rpc/calls.ts';
import { flag, jsonOption, namesOf } from './inputs.ts';
import { exit, subcommand } from './subcommand.ts';
import { requestOf, requestTable, stateWords, summaryOf } from './words/request-story.ts';

const states = Object.keys(stateWords) as [Request['state'], ...Request['state'][]];
const pageSize = 100;

/** Newest first, page by page. */
async function allRequests(records: Records): Promise<readonly Request[]> {
  const found: Request[] = [];
  for (;;) {
    const page = await records.page({ limit: pageSize, offset: found.length });
    found.push(...page.map(requestOf));
    if (page.length < pageSize) return found;
  }
}

/** Every request, or those in one state. */
export const requestsList = subcommand({
  name: 'requests list',
  usage: '[--state S] [--json]',
  summary: 'every request, newest first',
  help: `States: ${states.join(', ')}.`,
  options: { state: { type: 'string' }, ...jsonOption },
  positionals: [],
  input: z.object({
    state: z.enum(states, { error: `must be one of ${states.join(', ')}` }).optional(),
    json: flag,
  }),
  async run({ state, json }, { records, print, write }) {
    const opened = await records();
    const all = await allRequests(opened.records);
    const requests = state === undefined ? all : all.filter((request) => request.state === state);
    if (json) {
      await write(`${quietJson(requests.map(summaryOf), 2)}\n`);
      return exit.done;
    }
    const names = await namesOf(
      opened.records,
      requests.map((request) => request.requester),
    );
    const none = state === undefined ? 'There are no requests.' : `No request is in state ${state}.`;
    await print(requests.length === 0 ? none : requestTable(requests, names));
    return exit.done;
  },
});
