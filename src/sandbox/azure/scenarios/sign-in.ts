import { armAndVaults, type ScenarioGroup, setting } from './scenario.ts';

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
