/** Authenticates callers before the body is read. */
import type { IncomingHttpHeaders } from 'node:http';
import type { CallRefusalReason } from '../../domain/ports/telemetry.ts';
import { isLoopback } from '../../domain/strings.ts';
import { type Trust, trustThisMachine } from '../bot-framework.ts';
import type { CallerTokens } from '../sign-in/caller-tokens.ts';

/** Why a call is refused, in the shape of the answer. */
export interface CallRefusal {
  readonly kind: 'refused';
  readonly status: 400 | 401 | 403 | 408 | 413 | 415 | 429 | 503;
  /** For the application log and metrics: the cause, never the content. */
  readonly reason: CallRefusalReason;
  readonly message: string;
}

/** An accepted call, and the service URLs that its activity can carry. */
interface Admitted {
  readonly kind: 'admitted';
  readonly mayCarry: Trust;
}

export const refused = (status: CallRefusal['status'], reason: CallRefusalReason, message: string): CallRefusal => ({
  kind: 'refused',
  status,
  reason,
  message,
});

export type Callers = (headers: IncomingHttpHeaders) => Promise<Admitted | CallRefusal>;

const hostOf = (header: string | undefined): string => (header ?? '').replace(/:\d+$/, '');

/** Returns true if headers show that a proxy or tunnel forwarded the call. */
export const isForwarded = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'));

const comesToThisMachine = ({ host }: IncomingHttpHeaders): boolean => isLoopback(hostOf(host));

/**
 * Without tokens, accepts only programs on this machine.
 * Refuses pages of other sites, host names that resolve to loopback, and calls from behind a proxy or tunnel.
 */
export const localCallers: Callers = async (headers) => {
  if (!comesToThisMachine(headers)) {
    return refused(403, 'foreign-host', 'In local mode the Host must be a loopback address.');
  }
  const { origin } = headers;
  if (origin !== undefined && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))) {
    return refused(403, 'foreign-origin', 'In local mode a foreign Origin is not taken.');
  }
  if (isForwarded(headers)) {
    return refused(403, 'forwarded', 'In local mode nothing is taken that a proxy passed on.');
  }
  return { kind: 'admitted', mayCarry: trustThisMachine };
};

/** With tokens: accepts only Bot Framework, and only a trusted service URL that its token names. */
export const tokenCallers =
  (tokens: CallerTokens, trust: Trust): Callers =>
  async ({ authorization }) => {
    const token = await tokens.check(authorization);
    switch (token.kind) {
      case 'valid':
        return { kind: 'admitted', mayCarry: (url) => url === token.serviceUrl && trust(url) };
      case 'invalid':
        return refused(401, token.reason, 'The call carries no token of Bot Framework for this bot.');
      case 'unreadable-keys':
        return refused(503, 'unreadable-keys', 'The keys of Bot Framework cannot be read at the moment.');
    }
  };
