/** Traces each attempt of each call to Azure by operation only: addresses contain people's ids and resource names. */
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Tracing } from '../../domain/ports/telemetry.ts';
import { correlationIdOf } from './exchange.ts';

const id = /^(\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\}?|[0-9a-f]{32})$/i;
/** Key Vault operations on a key version, in the position of a name. */
const keyVerbs = ['wrapkey', 'unwrapkey'];

/** Returns which parts of an address are names: every second, counted from each provider. */
function namesIn(parts: readonly string[]): readonly boolean[] {
  let next: 'kind' | 'name' | 'provider' = 'kind';
  return parts.map((part, index) => {
    // Microsoft Graph's version.
    if (index === 0 && /^v\d/.test(part)) return false;
    const is = part === 'providers' && next === 'kind' ? part : next;
    next = is === 'providers' ? 'provider' : is === 'kind' ? 'name' : 'kind';
    return is === 'name';
  });
}

/** Returns the address as a template: `/subscriptions/{id}/resourceGroups/{name}/providers/NAMESPACE/TYPE/{name}` */
export function templateOf(url: string): string {
  const parts = new URL(url).pathname.split('/').filter((part) => part !== '');
  const names = namesIn(parts);
  const shown = parts.map((part, index) => {
    if (id.test(part)) return '{id}';
    return names[index] && !keyVerbs.includes(part.toLowerCase()) ? '{name}' : part;
  });
  return `/${shown.join('/')}`;
}

const wordOf = (template: string): string =>
  template.split('/').findLast((part) => part !== '' && !part.startsWith('{')) ?? '';

export const traceCalls = ({ span }: Tracing): PipelinePolicy => ({
  name: 'cmkTracing',
  sendRequest(request, next) {
    const template = templateOf(request.url);
    const attributes = {
      'http.request.method': request.method,
      'url.template': template,
      'server.address': new URL(request.url).hostname,
    };
    return span({ name: `${request.method} ${wordOf(template)}`, kind: 'client', attributes }, async (note) => {
      const response = await next(request);
      const { status, headers } = response;
      const clientRequestId = request.headers.get('x-ms-client-request-id');
      const serviceRequestId = correlationIdOf({ header: (name) => headers.get(name) ?? null });
      note({
        'http.response.status_code': status,
        ...(clientRequestId === undefined ? {} : { 'azure.client_request_id': clientRequestId }),
        ...(serviceRequestId === null ? {} : { 'azure.service_request_id': serviceRequestId }),
        ...(status >= 400 ? { 'error.type': `${status}` } : {}),
      });
      return response;
    });
  },
});
