import { armError } from '../http/reply.ts';
import type { Fault } from './fault.ts';

/** A fault for people who evaluate: a switch on the page. Turned on by posting `fault`, off by deleting its id. */
export interface ReadyFault {
  readonly title: string;
  readonly explanation: string;
  readonly fault: Fault;
}

/** Azure Resource Manager and Key Vault; signing in, the directory and the list of clouds are other services. */
const armAndVaults = String.raw`^/(subscriptions|providers|keys|deletedkeys|certificates|secrets)\b`;

export const readyFaults: readonly ReadyFault[] = [
  {
    title: 'Refuse the role assignment',
    explanation: 'The bot may not grant: AuthorizationFailed.',
    fault: { id: 'refuse-role-assignment', match: { method: 'PUT', url: '/roleAssignments/' }, deny: true },
  },
  {
    title: 'Lose the key change silently',
    explanation: 'Azure says Succeeded and keeps the old key.',
    fault: { id: 'lose-key-change', match: { url: '/healthBots/' }, lose: ['properties.keyVaultProperties'] },
  },
  {
    title: 'Break the next answer',
    explanation: 'The next PATCH is done, its answer is lost.',
    fault: { id: 'break-next-answer', match: { method: 'PATCH' }, times: 1, drop: true },
  },
  {
    title: 'Throttle Azure',
    explanation: 'The next 3 requests get 429: wait 4 s.',
    fault: {
      id: 'throttle',
      match: { url: '^/subscriptions/' },
      times: 3,
      respond: {
        status: 429,
        headers: { 'retry-after': '4' },
        // Code and sentence from public reports; the subscription's id is left out.
        body: armError(
          'SubscriptionRequestsThrottled',
          "Number of requests for subscription exceeded the limit for time interval '00:05:00'. Please try again after '4' seconds.",
        ),
      },
    },
  },
  {
    title: 'Slow answers',
    explanation: 'Every answer takes 3 seconds longer.',
    fault: { id: 'slow-answers', match: { url: armAndVaults }, delayMs: 3_000 },
  },
  {
    title: 'Azure is down',
    explanation: 'Everything but signing in gets 503.',
    fault: {
      id: 'azure-is-down',
      match: { url: armAndVaults },
      // The usual code and text (recalled).
      respond: {
        status: 503,
        body: armError('ServiceUnavailable', 'The service is currently unavailable. Please try again later.'),
      },
    },
  },
];
