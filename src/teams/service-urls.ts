/**
 * Which addresses are called. A service URL comes with an activity and is called with the bot's token, so one that is believed
 * too easily gives the token away.
 */
import { isLoopback, isPrivate } from '../domain/private-url.ts';

/** Says yes to service URLs, and to what is called below them. */
export type Trust = (url: string) => boolean;

const plain = (url: string): URL | null => {
  const read = URL.canParse(url) ? new URL(url) : null;
  return read !== null && read.username === '' && read.password === '' ? read : null;
};

/** This machine alone: without tokens nobody else may be called. */
export const trustThisMachine: Trust = (url) => {
  const read = plain(url);
  return read !== null && /^https?:$/.test(read.protocol) && isLoopback(read.hostname);
};

/** Teams' own hosts over https on the usual port, and the origin that the operator configured. */
export const trustHosts =
  (hosts: readonly string[], configured: string | null): Trust =>
  (url) => {
    const read = plain(url);
    if (read === null) return false;
    if (configured !== null && isPrivate(configured) && read.origin === new URL(configured).origin) return true;
    return read.protocol === 'https:' && read.port === '' && hosts.includes(read.hostname);
  };
