/** Addresses that tokens can be sent to. */

/** Returns whether a host name from a URL or `Host` header, without port, is this machine. */
export const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);

export const isLoopbackAddress = (address: string): boolean => address === '::1' || isLoopback(address);

/** Returns whether the connection is confidential: HTTPS, or HTTP to this machine. */
export function isPrivate(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
