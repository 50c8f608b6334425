/** Which addresses tokens may travel to. */

/** A host name as it stands in a URL or a `Host` header, without its port. */
export const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);

/** An IP address that only this machine's own programs reach. */
export const isLoopbackAddress = (address: string): boolean => address === '::1' || isLoopback(address);

/** Whether what is sent there can be read by nobody on the way. */
export function isPrivate(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
