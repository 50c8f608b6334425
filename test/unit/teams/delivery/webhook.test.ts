import { createServer, type IncomingHttpHeaders } from 'node:http';
import { driftIdOf } from '../../../../src/domain/ids.ts';
import type { ResourceWatch } from '../../../../src/domain/watch/resource-watch.ts';
import { openWebhook, signedHeaders } from '../../../../src/teams/delivery/webhook.ts';
import { asks, attention, id, requestAfter, toAttention } from '../../../support/builders/commands.ts';
import { noon } from '../../../support/builders/plans.ts';

/** The example of the Standard Webhooks specification. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test('the signature is that of the specification’s example', () => {
  const at = new Date(1_614_265_330_000);
  expect(signedHeaders(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', at, '{"test": 2432232314}')).toMatchObject({
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a webhook that answers 500 is told again under the same id, without names and texts of people', async () => {
  const calls: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    calls.push({ headers: request.headers, body });
    response.writeHead(calls.length === 1 ? 500 : 204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook?sig=private`;
  let request = requestAfter(...toAttention);
  const drift = { number: 1, openedAt: '', closedAt: noon.toISOString(), found: [], basis: { request: id } };
  const watch = { id: driftIdOf('0'.repeat(64)), drifts: [drift] } as unknown as ResourceWatch;
  const load = async () => request;
  const send = openWebhook({
    webhook: { url, secret },
    requests: { load },
    drifts: { load: async () => watch },
    now: () => noon,
  });
  await expect(send(id, `${attention}`)).rejects.toThrow(/^the alert webhook answered 500$/);
  await send(id, `${attention}`);
  expect(calls.map(({ headers }) => headers['webhook-id'])).toEqual([`${id}-${attention}`, `${id}-${attention}`]);
  const [, { headers, body } = { headers: {}, body: '' }] = calls;
  expect(headers).toMatchObject(signedHeaders(secret, `${id}-${attention}`, noon, body));
  expect(JSON.parse(body)).toMatchObject({ type: 'request.needs_attention', data: { request: id } });
  for (const hidden of [request.requester, request.justification ?? '']) expect(body).not.toContain(hidden);
  // Someone acted meanwhile, and the drift is closed.
  request = requestAfter(asks());
  await send(id, `${attention}`);
  await send(watch.id, '1-opened');
  expect(calls).toHaveLength(2);
  await send(watch.id, '1-closed');
  expect(calls[2]?.headers['webhook-id']).toBe(`${watch.id}-1-closed`);
  await new Promise((resolve) => server.close(resolve));
});
