/** Scenarios of the network, of answers, and of sign-in. */

import { armAndVaults, refuses, type ScenarioGroup, setting } from './scenario.ts';

export const answers: ScenarioGroup = {
  title: 'Network and answers',
  scenarios: {
    // Code and text from public reports, without the subscription's ID.
    throttled: refuses(
      { match: { url: '^/subscriptions/' }, times: 3 },
      429,
      'SubscriptionRequestsThrottled',
      "Number of requests for subscription exceeded the limit for time interval '00:05:00'. Please try again after '4' seconds.",
      { 'retry-after': '4' },
    ),
    'reset-after-apply': { faults: [{ match: { method: 'PATCH' }, times: 1, drop: true }] },
    'poll-404-once': refuses(
      { match: { method: 'GET', url: '/operationStatuses/' }, times: 1 },
      404,
      'OperationNotFound',
      'The operation could not be found.',
    ),
    'broken-json-once': {
      faults: [
        {
          match: { method: 'GET', url: '/healthBots/' },
          times: 1,
          respond: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"/subscriptions/4000' },
        },
      ],
    },
    'proxy-page-once': {
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
    'slow-answers': { faults: [{ match: { url: armAndVaults }, delayMs: 3_000 }] },
    'resource-graph-lags': { circumstances: setting('graphLagMs', 300_000, 0) },
    'reads-lag': { circumstances: setting('readLagMs', 10_000, 0) },
    // The usual code and text (from memory).
    'azure-is-down': refuses(
      { match: { url: armAndVaults } },
      503,
      'ServiceUnavailable',
      'The service is currently unavailable. Please try again later.',
    ),
  },
};

export const signIn: ScenarioGroup = {
  title: 'Sign-in and Entra ID',
  scenarios: {
    'secret-expired': {
      faults: [{ match: {}, expireToken: true }],
      circumstances: setting('secretsExpired', true, false),
    },
    'token-expired-once': { faults: [{ match: { url: armAndVaults }, times: 1, expireToken: true }] },
    'directory-is-down': refuses(
      { match: { url: '^/(v1\\.0|beta)/' } },
      503,
      'serviceNotAvailable',
      'The service is unavailable.',
    ),
  },
};
