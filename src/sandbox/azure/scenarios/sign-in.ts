import { armAndVaults, type ScenarioGroup, setting } from './scenario.ts';

export const signIn: ScenarioGroup = {
  title: 'Signing in',
  scenarios: [
    {
      name: 'secret-expired',
      title: 'The bot’s secret has expired',
      does: 'The bot’s secret has expired (AADSTS7000222), and its tokens too.',
      faults: [{ match: {}, expireToken: true }],
      circumstances: setting('secretsExpired', true, false),
    },
    {
      name: 'token-expired-once',
      title: 'One token has expired',
      does: 'The next request comes with a token that has expired (401).',
      faults: [{ match: { url: armAndVaults }, times: 1, expireToken: true }],
    },
    {
      name: 'directory-is-down',
      title: 'The directory is down',
      does: 'Microsoft Graph, which knows people and groups, answers 503.',
      faults: [
        {
          match: { url: '^/(v1\\.0|beta)/' },
          respond: {
            status: 503,
            body: { error: { code: 'serviceNotAvailable', message: 'The service is unavailable.' } },
          },
        },
      ],
    },
  ],
};
