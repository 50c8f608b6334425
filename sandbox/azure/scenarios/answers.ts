import { armAndVaults, refusal, type ScenarioGroup, setting } from './scenario.ts';

export const answers: ScenarioGroup = {
  title: 'Network and answers',
  scenarios: [
    {
      name: 'throttled',
      title: 'Azure throttles the bot',
      does: 'The next 3 requests get 429 (too many requests), with a wait of 4 seconds.',
      faults: [
        // Code and text from public reports, without the subscription's ID.
        refusal(
          { match: { url: '^/subscriptions/' }, times: 3 },
          429,
          'SubscriptionRequestsThrottled',
          "Number of requests for subscription exceeded the limit for time interval '00:05:00'. Please try again after '4' seconds.",
          { 'retry-after': '4' },
        ),
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
        refusal(
          { match: { method: 'GET', url: '/operationStatuses/' }, times: 1 },
          404,
          'OperationNotFound',
          'The operation could not be found.',
        ),
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
      // The usual code and text (from memory).
      faults: [
        refusal(
          { match: { url: armAndVaults } },
          503,
          'ServiceUnavailable',
          'The service is currently unavailable. Please try again later.',
        ),
      ],
    },
  ],
};

export const signIn: ScenarioGroup = {
  title: 'Sign-in and Entra ID',
  scenarios: [
    {
      name: 'secret-expired',
      title: 'The bot’s secret has expired',
      does: 'The bot’s secret has expired (AADSTS7000222), and so have its tokens.',
      faults: [{ match: {}, expireToken: true }],
      circumstances: setting('secretsExpired', true, false),
    },
    {
      name: 'token-expired-once',
      title: 'A token has expired, once',
      does: 'The next request gets 401, because its token has expired.',
      faults: [{ match: { url: armAndVaults }, times: 1, expireToken: true }],
    },
    {
      name: 'directory-is-down',
      title: 'Microsoft Graph is down',
      does: 'Microsoft Graph, which provides people and groups, answers 503.',
      faults: [
        refusal({ match: { url: '^/(v1\\.0|beta)/' } }, 503, 'serviceNotAvailable', 'The service is unavailable.'),
      ],
    },
  ],
};
