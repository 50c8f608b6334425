// @ts-check

/** @typedef {{ at: string, method: string, url: string, status: number, body?: any }} AzureRequest */

/** Signing in, Key Vault's way of asking for a token, and looking an operation up again and again say nothing about what happened. */
const isNoise = (/** @type {AzureRequest} */ { url, status }) =>
  noisyUrl.test(url) || (status === 401 && vaultUrl.test(url));
const vaultUrl = /^https:\/\/[^/]+\/(deleted)?keys\b/i;
const noisyUrl = /\/oauth2\/|\/metadata\/|operationStatuses|operationResults|\/subscriptions\?|\/permissions\?/i;

/**
 * The last calls that say something, newest first, runs of the same call in one line.
 * @param {readonly AzureRequest[]} requests oldest first
 * @param {number} most
 */
export function lastCalls(requests, most) {
  /** @type {{ at: string, method: string, what: string, status: number, times: number }[]} */
  const lines = [];
  for (const request of [...requests].reverse()) {
    const { at, method, url, status } = request;
    if (isNoise(request)) continue;
    const what = shortUrl(url);
    const last = lines.at(-1);
    if (last?.method === method && last.what === what && last.status === status) last.times += 1;
    else if (lines.length === most) break;
    else lines.push({ at, method, what, status, times: 1 });
  }
  return lines;
}

const opaque = /^[0-9a-f-]{32,36}$|^Microsoft\.|^providers$/i;

/** The end of an address, which names the thing; ids nobody can read are left out. */
function shortUrl(/** @type {string} */ url) {
  const path = url.replace(/^https?:\/\/[^/]+/, '').split('?')[0] ?? '';
  const parts = path.split('/').filter((part) => part !== '' && !opaque.test(part));
  const key = parts.lastIndexOf('keys');
  const isOneKey = key >= 0 && key < parts.length - 1;
  return decodeURIComponent(parts.slice(isOneKey ? key : -2).join('/'));
}

/**
 * The name behind a collection in the address of the last call that has one; writes count before reads.
 * @param {readonly AzureRequest[]} requests
 * @param {RegExp} pattern its first group is the name
 */
export function lastNamed(requests, pattern) {
  const newest = [...requests].reverse();
  const named = (/** @type {AzureRequest | undefined} */ request) => pattern.exec(request?.url ?? '')?.[1];
  const write = newest.find((request) => request.method !== 'GET' && named(request) !== undefined);
  const found = named(write ?? newest.find((request) => named(request) !== undefined));
  return found === undefined ? undefined : decodeURIComponent(found);
}
