import { armError } from '../http/reply.ts';
import { armAndVaults, type ScenarioGroup, setting } from './scenario.ts';

export const answers: ScenarioGroup = {
  title: 'Network and answers',
  scenarios: [
    {
      name: 'throttled',
      title: 'Azure throttles the bot',
      does: 'The next 3 requests get 429 (too many requests), with a wait of 4 seconds.',
      faults: [
        {
          match: { url: '^/subscriptions/' },
          times: 3,
          respond: {
            status: 429,
            headers: { 'retry-after': '4' },
            // Code and text from public reports, without the subscription's ID.
            body: armError(
              'SubscriptionRequestsThrottled',
              "Number of requests for subscription exceeded the limit for time interval '00:05:00'. Please try again after '4' seconds.",
            ),
          },
        },
      ],
    },
    {
      name: 'reset-after-apply',
      title: 'A change is made, its answer is lost',
      does: 'Azure makes the next change (PATCH), but its answer is lost.',
      faults: [{ match: { method: 'PATCH' }, times: 1, drop: true }],
    },
    {
      name: 'poll-404-once',
      title: 'An operation isn’t found, once',
      does: 'The next check of an operation gets 404 (not found).',
      faults: [
        {
          match: { method: 'GET', url: '/operationStatuses/' },
          times: 1,
          respond: { status: 404, body: armError('OperationNotFound', 'The operation could not be found.') },
        },
      ],
    },
    {
      name: 'broken-json-once',
      title: 'An answer is cut off, once',
      does: 'The next answer about an agent is cut off in the middle.',
      faults: [
        {
          match: { method: 'GET', url: '/healthBots/' },
          times: 1,
          respond: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"/subscriptions/4000' },
        },
      ],
    },
    {
      name: 'proxy-page-once',
      title: 'A proxy answers, once',
      does: 'The next answer is an error page of a proxy (502).',
      faults: [
        {
          match: { url: armAndVaults },
          times: 1,
          respond: {
            status: 502,
            headers: { 'content-type': 'text/html' },
            body: '<html><body><h1>502 Bad Gateway</h1></body></html>',
          },
        },
      ],
    },
    {
      name: 'slow-answers',
      title: 'Answers are slow',
      does: 'Every answer takes 3 seconds longer.',
      faults: [{ match: { url: armAndVaults }, delayMs: 3_000 }],
    },
    {
      name: 'resource-graph-lags',
      title: 'Resource Graph is 5 minutes behind',
      does: 'Resource Graph, which provides the lists, is 5 minutes behind.',
      circumstances: setting('graphLagMs', 300_000, 0),
    },
    {
      name: 'reads-lag',
      title: 'Reads are 10 seconds behind',
      does: 'Azure shows agents, vaults and role assignments as they were 10 seconds ago.',
      circumstances: setting('readLagMs', 10_000, 0),
    },
    {
      name: 'azure-is-down',
      title: 'Azure is down',
      does: 'Azure answers everything but sign-in with 503.',
      faults: [
        {
          match: { url: armAndVaults },
          respond: {
            status: 503,
            // The usual code and text (from memory).
            body: armError('ServiceUnavailable', 'The service is currently unavailable. Please try again later.'),
          },
        },
      ],
    },
  ],
};
