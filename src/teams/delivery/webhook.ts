/** The alert webhook: drift and requests that need attention, for programs, with the headers of Standard Webhooks 1.0. */
import { createHmac } from 'node:crypto';
import { DriftId, type StreamId } from '../../domain/ids.ts';
import type { Drifts, Requests } from '../../domain/ports/store.ts';
import { isCritical } from '../../domain/watch/resource-watch.ts';
import { callServer } from '../../io/call-server.ts';

interface WebhookOptions {
  /** `secret`: `whsec_` and the key in base64. Null: none is set. */
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  readonly requests: Pick<Requests, 'load'>;
  readonly drifts: Pick<Drifts, 'load'>;
  readonly now: () => Date;
}

/** Returns the headers. `id`: the same in each attempt. */
export function signedHeaders(secret: string, id: string, at: Date, body: string): Record<string, string> {
  const timestamp = `${Math.floor(at.getTime() / 1_000)}`;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** Names of people and texts that they wrote aren't in it. Null: it is over. */
async function messageOf({ requests, drifts }: WebhookOptions, id: StreamId, key: string): Promise<object | null> {
  const driftId = DriftId.safeParse(id).data;
  if (driftId === undefined) {
    const request = await requests.load(id as Parameters<Requests['load']>[0]);
    if (request?.state !== 'needs-attention' || `${request.asking}` !== key) return null;
    const { resourceName: name, plan } = request;
    const data = { request: id, resource: plan.spec.resource.id, name };
    return { type: 'request.needs_attention', timestamp: request.askedAt, data };
  }
  const [number, what] = key.split('-');
  const watch = await drifts.load(driftId);
  const drift = watch?.drifts.find((one) => `${one.number}` === number);
  // What comes late would open it again for a program that got its end.
  if (watch === null || drift === undefined || (drift.closedAt !== null && what !== 'closed')) return null;
  const { found, openedAt, closedAt, basis } = drift;
  const differences = found.map(({ state }) => state.code);
  const critical = isCritical({ closedAt: null, found });
  const data = { drift: `${id}-${number}`, resource: watch.resource, name: watch.resourceName, differences, critical };
  const foundAt = found.map((one) => one.foundAt).sort();
  const timestamp = closedAt ?? (what === 'opened' ? openedAt : foundAt.at(-1));
  return { type: `drift.${what}`, timestamp, data: { ...data, request: basis.request } };
}

const limits = { bytes: 65_536, ms: 10_000 };

/** Throws where the webhook doesn't accept it, so that it is sent again. The error names neither its address nor its secret. */
export const openWebhook =
  (options: WebhookOptions) =>
  async (stream: StreamId, key: string): Promise<void> => {
    const { webhook, now } = options;
    const message = webhook === null ? null : await messageOf(options, stream, key);
    if (webhook === null || message === null) return;
    const body = JSON.stringify(message);
    const headers = {
      'content-type': 'application/json',
      'content-length': `${Buffer.byteLength(body)}`,
      ...signedHeaders(webhook.secret, `${stream}-${key}`, now(), body),
    };
    const status = await callServer(webhook.url, { method: 'POST', headers, body, limits }).then(
      (answer) => answer.status,
      () => null,
    );
    if (status === null) throw new Error('the alert webhook didn’t answer');
    if (status < 200 || status > 299) throw new Error(`the alert webhook answered ${status}`);
  };
