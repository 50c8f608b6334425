/** Checks what waits for people, in the audit log: requests that need attention, and agents that aren't as approved. */
import { waitsIn } from '../../domain/request/request.ts';
import { countOf } from '../../text/words.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { command } from './commands.ts';
import { failOnError } from './database.ts';
import { about, ok, type Subjects, warn } from './subjects.ts';

const requests = about('record/attention', 'requests');
const drifts = about('record/drift', 'agents as approved');

/** Longer lists are cut. */
const maxNamed = 5;

const listed = (names: readonly string[], total: number): string =>
  [...names, ...(total > names.length ? [`and ${total - names.length} more`] : [])].join(', ');

async function requestsOf({ store }: Subjects): Promise<Diagnosis> {
  const { requests: found, total } = await store.requests.open(maxNamed, 0, { waits: waitsIn['needs-attention'] });
  if (total === 0) return ok(requests, 'none needs attention');
  const ids = found.map(({ id }) => id);
  const said = `${countOf(total, 'request needs', 'requests need')} attention: ${listed(ids, total)}`;
  const commands = ids.map((id) => command('cmk-bot', 'requests', 'show', id));
  return warn(requests, said, 'See what failed, and what is safe now.', { commands });
}

const nameIn = (resource: string): string => resource.slice(resource.lastIndexOf('/') + 1);

async function driftsOf({ store }: Subjects): Promise<Diagnosis> {
  const agents = [...(await store.drifts.open()).keys()].map(nameIn).sort();
  if (agents.length === 0) return ok(drifts, 'no difference was found');
  const said = `${countOf(agents.length, 'agent is', 'agents are')} not as approved: ${listed(agents.slice(0, maxNamed), agents.length)}`;
  return warn(drifts, said, 'The cards in the operations channel say what differs and what to do.');
}

export const diagnoseAttention = (subjects: Subjects): Promise<readonly Diagnosis[]> =>
  Promise.all([failOnError(requests, requestsOf(subjects)), failOnError(drifts, driftsOf(subjects))]);
