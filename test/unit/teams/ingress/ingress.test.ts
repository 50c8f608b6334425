import { isPrivate } from '../../../../src/domain/strings.ts';
import { botFrameworkOf } from '../../../../src/teams/bot-framework.ts';
import { BotCredentialsFactory } from '../../../../src/teams/ingress/bot-credentials.ts';
import { probeLimits, shareAnswers } from '../../../../src/teams/ingress/gate.ts';
import { trustHosts, trustThisMachine } from '../../../../src/teams/trusted-addresses.ts';

const { burst, perSecond } = probeLimits;

it('the page asks once for all probes that come while an answer is on its way', async () => {
  let asked = 0;
  let answer: (value: number) => void = () => undefined;
  const probe = shareAnswers(
    () => {
      asked += 1;
      return new Promise<number>((resolve) => {
        answer = resolve;
      });
    },
    () => 0,
  );
  const answers = Array.from({ length: 1_000 }, () => probe());
  answer(7);
  expect([new Set(await Promise.all(answers)), asked]).toEqual([new Set([7]), 1]);
});

it('the page asks no more often than the limit admits, and gives the last answer meanwhile', async () => {
  const clock = { ms: 0 };
  let asked = 0;
  const probe = shareAnswers(
    async () => {
      asked += 1;
      return asked;
    },
    () => clock.ms,
  );
  for (let n = 0; n < burst; n += 1) expect(await probe()).toBe(n + 1);
  for (let n = 0; n < 1_000; n += 1) expect(await probe()).toBe(burst);
  clock.ms = 1_000 / perSecond + 1;
  expect([await probe(), await probe()]).toEqual([burst + 1, burst + 1]);
});

const hostsOf = (cloud: 'public' | 'usgovernment' | 'china' | 'custom') =>
  botFrameworkOf({ cloud, appId: null }).serviceHosts;

describe('Teams’ hosts', () => {
  it.each([
    ['public', 'https://smba.trafficmanager.net/emea/'],
    ['public', 'https://smba.infra.gcc.teams.microsoft.com/teams'],
    ['usgovernment', 'https://smba.infra.gov.teams.microsoft.us/teams'],
    ['china', 'https://frontend.botapi.msg.infra.teams.microsoftonline.cn/'],
  ] as const)('in the %s cloud include %s', (cloud, url) => expect(trustHosts(hostsOf(cloud), null)(url)).toBe(true));

  it.each([
    ['public', 'http://smba.trafficmanager.net/emea/'],
    ['public', 'https://evil.trafficmanager.net/'],
    ['public', 'https://smba.trafficmanager.net.example/'],
    ['public', 'https://xsmba.trafficmanager.net/'],
    ['public', 'https://smba.trafficmanager.net@example.com/'],
    ['public', 'https://user:word@smba.trafficmanager.net/'],
    ['public', 'https://example.com\\@smba.trafficmanager.net/'],
    ['public', 'https://smba.trafficmanager.net:8443/'],
    ['public', 'https://smba.trafficmanager.net./'],
    ['public', 'https://smbа.trafficmanager.net/'],
    ['public', 'https://smba.infra.gov.teams.microsoft.us/teams'],
    ['public', ''],
    ['usgovernment', 'https://smba.trafficmanager.net/teams/'],
  ] as const)('in the %s cloud do not include %s', (cloud, url) =>
    expect(trustHosts(hostsOf(cloud), null)(url)).toBe(false),
  );

  it('are joined by the origin that is configured, and by nothing beside it', () => {
    const trust = trustHosts(hostsOf('public'), 'https://connector.example:8443/teams/');
    expect(trust('https://connector.example:8443/other')).toBe(true);
    expect(trust('https://connector.example/teams/')).toBe(false);
    expect(trust('http://connector.example:8443/teams/')).toBe(false);
    expect(trust('https://evil.connector.example:8443/teams/')).toBe(false);
    expect(trust('https://smba.trafficmanager.net/teams/')).toBe(true);
  });

  it('are not joined by one that anybody on the way could read', () => {
    expect(trustHosts([], 'http://connector.example/')('http://connector.example/')).toBe(false);
    expect(trustHosts([], 'http://127.0.0.1:9000/')('http://127.0.0.1:9000/v3')).toBe(true);
  });
});

it.each([
  ['http://localhost:1/', true],
  ['https://127.0.0.1/', true],
  ['http://[::1]:3979', true],
  ['http://localhost.example/', false],
  ['http://0.0.0.0/', false],
  ['http://[::ffff:10.0.0.1]/', false],
  ['http://localhost@10.0.0.1/', false],
])('this machine: %s is %s', (url, expected) => expect(trustThisMachine(url)).toBe(expected));

it.each([
  ['https://anything.example/', true],
  ['http://localhost:9000/metadata', true],
  ['http://anything.example/', false],
  ['file:///etc/hosts', false],
  ['nothing', false],
])('private: %s is %s', (url, expected) => expect(isPrivate(url)).toBe(expected));

describe('the bot’s token', () => {
  const asked: string[] = [];
  const framework = { ...botFrameworkOf({ cloud: 'public', appId: 'the-app' }) };
  const factory = new BotCredentialsFactory({
    framework,
    trust: trustHosts(framework.serviceHosts, null),
    fetchToken: async (scope) => {
      asked.push(scope);
      return { token: 'secret', expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  });
  const sign = async (url: string) => {
    const headers = new Map<string, string>();
    const request = { url, headers } as unknown as Parameters<
      Awaited<ReturnType<typeof factory.createCredentials>>['signRequest']
    >[0];
    await (await factory.createCredentials('the-app')).signRequest(request);
    return headers.get('Authorization');
  };

  it('is not even fetched for an address that is not trusted', async () => {
    await expect(sign('https://evil.trafficmanager.net/v3/conversations')).rejects.toThrow('nothing is sent there');
    expect(asked).toEqual([]);
  });

  it('goes to Teams, and is for Bot Framework alone', async () => {
    expect(await sign('https://smba.trafficmanager.net/emea/v3/conversations')).toBe('Bearer secret');
    expect(asked).toEqual(['https://api.botframework.com/.default']);
  });

  it('is for one app', () => expect(factory.createCredentials('another-app')).rejects.toThrow('another app'));
});
