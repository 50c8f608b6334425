/** Restricts redirects and next pages: a token is for one origin. */
import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import { UnusableAnswer } from './exchange.ts';

const maxRedirects = 5;

/** Returns the redirect address; null: none. Azure doesn't use 303, which changes a POST to a GET. */
function redirectIn({ status, headers, request }: PipelineResponse): string | null {
  const location = headers.get('location');
  if (location === undefined || !URL.canParse(location, request.url)) return null;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const follows = [307, 308].includes(status) || (isRead && [301, 302].includes(status));
  return follows ? new URL(location, request.url).href : null;
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url.slice(0, 100));

function requireOrigin(url: string, origin: string): void {
  if (originOf(url) !== origin) throw new UnusableAnswer(`it points to another server, ${originOf(url)}`);
}

/** Policy before authentication: a next page or a poll on another origin gets neither request nor token. */
export const requireSameOrigin = (origin: string): PipelinePolicy => ({
  name: 'cmkStay',
  sendRequest: async (request, next) => {
    requireOrigin(request.url, origin);
    return next(request);
  },
});

/**
 * Policy after authentication. Follows redirects within the origin with the token, which the SDK's own policy drops. Throws
 * `UnusableAnswer` at a redirect to another origin.
 */
export const followRedirects = (origin: string): PipelinePolicy => ({
  name: 'cmkFollow',
  sendRequest: async (request, next) => {
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const response = await next(request);
      const redirect = redirectIn(response);
      if (redirect === null) return response;
      requireOrigin(redirect, origin);
      request.url = redirect;
    }
    throw new UnusableAnswer('it redirects without end');
  },
});
