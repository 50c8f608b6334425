import { RequestId } from '../../domain/ids.ts';
import { isRefusal } from '../../domain/request/refusal.ts';
import { chooseResource } from '../choose.ts';
import { findRequest } from '../find-request.ts';
import { kinds } from '../resources/registry.ts';
import { HistoryShow, parseName, type TypedCommand } from './command.ts';

/** Returns the filter if the last of several words is one. A single word can be a resource's name. */
function filterIn(words: readonly string[]): HistoryShow {
  const last = HistoryShow.safeParse(words.at(-1)?.toLowerCase()).data;
  return words.length > 1 && last !== undefined ? last : 'everything';
}

/** Shows the events of a request, of a resource's requests, or the latest requests. */
export const cmkHistory: TypedCommand = {
  name: '/cmk-history',
  description: 'What happened to a request or a resource',
  usage: '/cmk-history <request or resource> <decisions or changes>',
  weight: 'list',
  async handle({ args, words }, { azure, requests }) {
    const named = [args.agent, args.resource].filter((one) => one !== undefined);
    const filter = filterIn([...named, ...words]);
    const wanted = parseName({ args, words: filter === 'everything' ? words : words.slice(0, -1) });
    if (isRefusal(wanted)) return wanted;
    if (wanted === '') return { kind: 'show-list', subject: { list: 'latest', filter: 'all', id: '' } };
    const id = RequestId.safeParse(wanted.toUpperCase()).data;
    if (id !== undefined) {
      const request = await findRequest(requests, id);
      return isRefusal(request) ? request : { kind: 'show-list', subject: { list: 'history', filter, id } };
    }
    const resource = await chooseResource(azure, wanted, kinds);
    if (isRefusal(resource)) return resource;
    return { kind: 'show-list', subject: { list: 'history', filter, id: resource.id } };
  },
};
