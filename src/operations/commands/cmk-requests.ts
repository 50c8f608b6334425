import { RequestId } from '../../domain/ids.ts';
import { isRefusal, refuse } from '../../domain/request/refusal.ts';
import { nameIn } from '../choose.ts';
import { findRequest } from '../find-request.ts';
import { closestName } from '../similar-names.ts';
import { type CommandPorts, type CommandResult, type OpenShow, parseName, type TypedCommand } from './command.ts';

/** Filter words after the command. The help card shows the first word of each filter. */
const shows: Readonly<Record<OpenShow, readonly string[]>> = {
  all: ['all', 'open'],
  mine: ['mine', 'my', 'yours'],
  waiting: ['waiting for me', 'waiting', 'for me'],
  running: ['running'],
};
const openShows = Object.keys(shows) as OpenShow[];

/** Requests read for a suggestion, only if the name wasn't found. */
const maxForSuggestion = 200;

async function refuseUnknownName(typed: string, { requests }: Pick<CommandPorts, 'requests'>): Promise<CommandResult> {
  const open = await requests.open(maxForSuggestion);
  const names = open.requests.flatMap(({ id, resourceName }) => [id, resourceName]);
  const near = closestName(typed, [...Object.values(shows).flat(), ...names]);
  const refusal = refuse('no-open-request-named', typed.slice(0, 80));
  return near === null ? refusal : { ...refusal, near };
}

async function listByName(text: string, ports: CommandPorts): Promise<CommandResult> {
  const typed = nameIn(text);
  const id = RequestId.safeParse(typed.toUpperCase()).data;
  if (id !== undefined) {
    const request = await findRequest(ports.requests, id);
    return isRefusal(request) ? request : { kind: 'show-list', subject: { list: 'open', filter: 'all', id } };
  }
  const { total } = await ports.requests.open(1, 0, { named: typed });
  if (total === 0) return refuseUnknownName(typed, ports);
  return { kind: 'show-list', subject: { list: 'open', filter: 'all', id: typed.slice(0, 100) } };
}

/** Lists open requests, those that wait for people first. A filter or a name limits the list. */
export const cmkRequests: TypedCommand = {
  name: '/cmk-requests',
  description: 'Requests that are open: all, mine, waiting for me, running',
  usage: '/cmk-requests <mine, waiting for me, running, or part of a resource’s name>',
  weight: 'list',
  async handle(call, ports) {
    const text = parseName(call);
    if (isRefusal(text)) return text;
    const filter = text === '' ? 'all' : openShows.find((one) => shows[one].includes(text.toLowerCase()));
    if (filter === undefined) return listByName(text, ports);
    const id = filter === 'mine' || filter === 'waiting' ? call.by : '';
    return { kind: 'show-list', subject: { list: 'open', filter, id } };
  },
};
