/**
 * Every try of every call to Azure, told of by what was called and not by whom or about whom: addresses hold people's ids and
 * what things are called.
 */
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Tracing } from '../domain/ports/tracing.ts';

const id = /^(\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\}?|[0-9a-f]{32})$/i;
/** What Key Vault does with a version of a key: it stands where else a name would. */
const keyVerbs = ['wrapkey', 'unwrapkey'];

/** Which parts of an address are names: every second, counted anew behind each provider's. */
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

/** `/subscriptions/{id}/resourceGroups/{name}/providers/NAMESPACE/TYPE/{name}` */
export function templateOf(url: string): string {
  const parts = new URL(url).pathname.split('/').filter((part) => part !== '');
  const names = namesIn(parts);
  const shown = parts.map((part, index) => {
    if (id.test(part)) return '{id}';
    return names[index] && !keyVerbs.includes(part.toLowerCase()) ? '{name}' : part;
  });
  return `/${shown.join('/')}`;
}

/** What is called, in one word. */
const wordOf = (template: string): string =>
  template.split('/').findLast((part) => part !== '' && !part.startsWith('{')) ?? '';

/** Goes in front of whatever sends once. */
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
      const asked = request.headers.get('x-ms-client-request-id');
      const known =
        headers.get('x-ms-correlation-request-id') ?? headers.get('x-ms-request-id') ?? headers.get('request-id');
      note({
        'http.response.status_code': status,
        ...(asked === undefined ? {} : { 'azure.client_request_id': asked }),
        ...(known === undefined ? {} : { 'azure.service_request_id': known }),
        ...(status >= 400 ? { 'error.type': `${status}` } : {}),
      });
      return response;
    });
  },
});
