/** Sends messages and clicks to a bot, as Teams does. */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import pLimit from 'p-limit';
import { approver, type LocalPerson, localTenantId, requester } from '../../sandbox/people.ts';
import { buttonData, choices } from '../../test/support/world/story.ts';
import { timed } from './figures.ts';
import { agentName, type Ground } from './harness.ts';

const agent = new Agent({ keepAlive: true });

/** Returns the answer to an activity. Throws for an error or a missing text. Replaces a kept connection that was closed. */
export const send = (url: string, activity: object, expected = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(`${url}/api/messages`, { method: 'POST', agent, headers }, async (response) => {
      const answer = await text(response);
      if (response.statusCode === 200 && answer.includes(expected)) resolve(answer);
      else reject(new Error(`not "${expected}" but ${response.statusCode} ${answer.slice(0, 500)}`));
    });
    const failed = (error: Error) => (sent.reusedSocket ? resolve(send(url, activity, expected)) : reject(error));
    sent.on('error', failed).end(JSON.stringify(activity));
  });

/** Does the work `count` times, at most `atOnce` in parallel. Returns the durations in milliseconds. */
export async function drive(count: number, atOnce: number, work: (index: number) => Promise<unknown>) {
  const limit = pLimit(atOnce);
  return Promise.all(Array.from({ length: count }, (_, index) => limit(() => timed(() => work(index)))));
}

/** In the person's personal chat. */
const activity = ({ connector }: Ground, { id, name }: LocalPerson, content: object): object => ({
  type: 'message',
  id: '1',
  channelId: 'msteams',
  serviceUrl: connector.url,
  from: { id: `29:${id}`, name, aadObjectId: id },
  recipient: { id: '28:cmk-bot', name: 'CMK bot' },
  conversation: { id: `a:${id}`, conversationType: 'personal', tenantId: localTenantId },
  channelData: { tenant: { id: localTenantId } },
  ...content,
});
export const message = (ground: Ground, text: string, person = requester) => activity(ground, person, { text });
const click = (ground: Ground, person: LocalPerson, verb: string, data: object): object => {
  const value = { action: { type: 'Action.Execute', verb, data } };
  return activity(ground, person, { type: 'invoke', name: 'adaptiveCard/action', value });
};

/** Returns an approver's click on a request that hasn't changed since its submission. */
export const decision = (ground: Ground, verb: 'approve' | 'reject' | 'refresh', requestId: string): object => {
  const inputs = { revision: 1, comment: 'Not this week', acknowledgeIrreversible: 'true' };
  return click(ground, approver, `request.${verb}`, { requestId, ...(verb === 'refresh' ? {} : inputs) });
};

/** Returns a typeahead search for agents. */
export const search = (ground: Ground, queryText: string): object => {
  const value = { kind: 'search', queryText, queryOptions: { skip: 0, top: 15 }, dataset: 'agents' };
  return activity(ground, requester, { type: 'invoke', name: 'application/search', value });
};

/** Opens the review page for the nth agent. Returns the click that submits it, which returns the request's ID. */
export async function review(ground: Ground, url: string, n: number): Promise<() => Promise<string>> {
  const { vault, key } = choices.test;
  await send(url, message(ground, `/enable-cmk resource=${agentName(n)} vault=${vault} key=${key}`));
  const data = buttonData({ status: 200, body: JSON.parse(ground.connector.newestWith('form.submit')) }, 'form.submit');
  const inputs = { ...data, justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };
  const submit = click(ground, requester, 'form.submit', inputs);
  return async () => /CMK-\w{6}/.exec(await send(url, submit, 'CMK-'))?.[0] ?? '';
}
