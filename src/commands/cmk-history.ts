import { RequestId } from '../domain/ids.ts';
import { refuse } from '../domain/request/refusal.ts';
import { chooseResource } from '../operations/choose.ts';
import type { Command } from './command.ts';

/** Shows what happened to a request, to an agent's requests, or the latest requests of all. */
export const cmkHistory: Command = {
  name: '/cmk-history',
  description: 'What happened to a request or an agent',
  usage: '/cmk-history <request or agent>',
  weight: 'list',
  async handle(call, { azure, requests }) {
    const wanted = call.words.join(' ').trim();
    if (wanted === '') return { kind: 'show-list', subject: { kind: 'latest-requests' } };
    const id = RequestId.safeParse(wanted.toUpperCase()).data;
    if (id !== undefined) {
      const request = await requests.load(id);
      if (request === null) return refuse('unknown-request', id);
      return { kind: 'show-list', subject: { kind: 'history-of-request', requestId: id } };
    }
    const resource = await chooseResource(azure, wanted);
    if (resource.kind === 'refused') return resource;
    return { kind: 'show-list', subject: { kind: 'history-of-resource', resourceId: resource.value.id } };
  },
};
