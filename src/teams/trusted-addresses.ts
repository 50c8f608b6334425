/**
 * Checks which addresses the bot can call.
 * A service URL comes with an activity and is called with the bot's token, so trusting a wrong one would leak the
 * token.
 */

import { isLoopback, isPrivate } from '../domain/strings.ts';

export type Trust = (url: string) => boolean;

const plain = (url: string): URL | null => {
  const read = URL.canParse(url) ? new URL(url) : null;
  return read !== null && read.username === '' && read.password === '' ? read : null;
};

/** Trusts only this machine: for a bot without tokens. */
export const trustThisMachine: Trust = (url) => {
  const read = plain(url);
  return read !== null && /^https?:$/.test(read.protocol) && isLoopback(read.hostname);
};

/** Trusts Teams' own hosts over https on the default port, and the origin that the operator configured. */
export const trustHosts =
  (hosts: readonly string[], configured: string | null): Trust =>
  (url) => {
    const read = plain(url);
    if (read === null) return false;
    if (configured !== null && isPrivate(configured) && read.origin === new URL(configured).origin) return true;
    return read.protocol === 'https:' && read.port === '' && hosts.includes(read.hostname);
  };
