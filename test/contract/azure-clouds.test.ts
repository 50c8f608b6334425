import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { openCloud } from '../../src/azure/clouds.ts';
import { botFrameworkOf } from '../../src/teams/bot-framework.ts';
import { type EveryHost, type HostAnswer, standForEveryHost, type Visit } from '../support/azure/every-host.ts';
import { startOf } from '../support/jest/prepared.ts';
import { surroundings } from '../support/processes/surroundings.ts';

/**
 * Where the bot turns in a cloud, over TLS to hosts of the real names: a proxy leads them all to this test. The names are
 * those of Microsoft's lists for national clouds, written here a second time.
 */

const clouds = {
  public: {
    arm: 'management.azure.com',
    graph: 'graph.microsoft.com',
    signIn: 'login.microsoftonline.com',
    vaults: 'vault.azure.net',
    botFramework: 'https://api.botframework.com',
  },
  usgovernment: {
    arm: 'management.usgovcloudapi.net',
    graph: 'graph.microsoft.us',
    signIn: 'login.microsoftonline.us',
    vaults: 'vault.usgovcloudapi.net',
    botFramework: 'https://api.botframework.us',
  },
  china: {
    arm: 'management.chinacloudapi.cn',
    graph: 'microsoftgraph.chinacloudapi.cn',
    // Where MSAL turns for `login.chinacloudapi.cn`, which is an older name of it.
    signIn: 'login.partner.microsoftonline.cn',
    vaults: 'vault.azure.cn',
    botFramework: 'https://api.botframework.azure.cn',
  },
} as const;
type CloudName = keyof typeof clouds;
const names = Object.keys(clouds) as readonly CloudName[];

const tenantId = '10000000-0000-4000-8000-000000000000';
const subscription = '40000000-0000-4000-8000-000000000001';

/** Vaults by what they say of where to get a token. */
const honest = 'kv-care';
const forAnother = 'kv-for-another';
const fromElsewhere = 'kv-from-elsewhere';
const elsewhere = 'login.example.com';

const tokenFor = (scope: string): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ aud: scope })}.x`;
};
const audienceOf = ({ authorization }: Visit): string => {
  const claims = Buffer.from(authorization?.split('.')[1] ?? '', 'base64url').toString('utf8');
  return claims === '' ? '' : z.object({ aud: z.string() }).parse(JSON.parse(claims)).aud;
};

/** Azure as far as it is asked here: it has nothing, and says so to whoever brings a token. */
function answerOf({ host, path: url, body, authorization }: Visit): HostAnswer {
  const base = `https://${host}/${tenantId}`;
  if (url.includes('openid-configuration')) {
    const endpoints = { token_endpoint: `${base}/oauth2/v2.0/token`, authorization_endpoint: `${base}/authorize` };
    return { status: 200, body: { ...endpoints, issuer: `${base}/v2.0`, jwks_uri: `${base}/keys` } };
  }
  if (url.includes('/oauth2/v2.0/token')) {
    const scope = new URLSearchParams(body).get('scope')?.split(' ')[0] ?? '';
    return { status: 200, body: { token_type: 'Bearer', expires_in: 3_600, access_token: tokenFor(scope) } };
  }
  if (authorization === null) return challengeOf(host);
  if (url.includes('Microsoft.ResourceGraph')) {
    return { status: 200, body: { totalRecords: 0, count: 0, resultTruncated: 'false', data: [] } };
  }
  if (url.endsWith('/checkMemberGroups')) return { status: 200, body: { value: [] } };
  const [, person] = /\/users\/([^/?]+)\?\$select=id,userType,accountEnabled$/.exec(url) ?? [];
  if (person !== undefined) return { status: 200, body: { id: person, userType: 'Member' } };
  if (url.includes('/locks')) return { status: 200, body: { value: [] } };
  return { status: 404, body: { error: { code: 'ResourceNotFound', message: 'There is none.' } } };
}

function challengeOf(host: string): HostAnswer {
  const [vault, ...suffix] = host.split('.');
  const cloud = Object.values(clouds).find(({ vaults }) => vaults === suffix.join('.')) ?? clouds.public;
  const signIn = vault === fromElsewhere ? elsewhere : cloud.signIn;
  const resource = `https://${vault === forAnother ? clouds.public.vaults : cloud.vaults}`;
  const challenge = `Bearer authorization="https://${signIn}/${tenantId}", resource="${resource}"`;
  const error = { code: 'Unauthorized', message: 'AKV10000: Request is missing a Bearer or PoP token.' };
  return { status: 401, headers: { 'www-authenticate': challenge }, body: { error } };
}

const Came = z.object({ what: z.string(), code: z.string().nullable(), message: z.string().nullable() });

interface Visited {
  readonly came: Readonly<Record<string, { code: string | null; message: string | null }>>;
  readonly called: ReadonlySet<string>;
  readonly visits: readonly Visit[];
}

const addressOf = (name: string, cloud: CloudName): string => `https://${name}.${clouds[cloud].vaults}/`;

async function visit(cloud: CloudName, world: EveryHost): Promise<Visited> {
  const env = {
    ...surroundings(),
    ...world.env,
    MicrosoftAppType: 'SingleTenant',
    MicrosoftAppId: '70000000-0000-4000-8000-000000000001',
    MicrosoftAppPassword: 'a-password',
    MicrosoftAppTenantId: tenantId,
    AZURE_CLOUD: cloud,
    AZURE_CLIENT_ID: '50000000-0000-4000-8000-000000000002',
    AZURE_CLIENT_SECRET: 'a-secret',
    CMK_SUBSCRIPTIONS: subscription,
    CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
    CMK_AUDIT_CHANNEL: 'none',
    DATABASE_URL: 'postgres://127.0.0.1/unused',
    CMK_SEAL_KEY_FILE: '/unused/seal.key',
    TEST_BOT_FRAMEWORK_SCOPE: clouds[cloud].botFramework,
  };
  const addresses = [
    addressOf(honest, cloud),
    addressOf(forAnother, cloud),
    addressOf(fromElsewhere, cloud),
    addressOf(honest, 'public'),
    `https://kv-care.${clouds[cloud].vaults}.example.com/`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, await startOf('cloud', addresses), { env });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => Came.parse(JSON.parse(line)));
  return {
    came: Object.fromEntries(lines.map(({ what, ...rest }) => [what, rest])),
    called: new Set(world.called),
    visits: world.visits,
  };
}

test.each(names)('cloud %s has the hosts of Microsoft’s lists', (name) => {
  const { arm, graph, vaults, botFramework } = clouds[name];
  const [armEndpoint, graphEndpoint] = [`https://${arm}`, `https://${graph}`];
  expect(openCloud({ name })).toMatchObject({ armEndpoint, graphEndpoint, vaultSuffix: `.${vaults}` });
  expect(botFrameworkOf({ cloud: name, appId: null }).scope).toBe(botFramework);
});

/** Where a name of a host leads to another one. */
describe('in China', () => {
  const cloud = 'china';
  const { arm, graph, signIn, vaults, botFramework } = clouds[cloud];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-clouds-'));
  let world: EveryHost;
  let visited: Visited;
  beforeAll(async () => {
    const all = Object.values(clouds);
    const hosts = all.flatMap((one) => [one.arm, one.graph, one.signIn, `*.${one.vaults}`]);
    world = await standForEveryHost([...hosts, elsewhere], path.join(folder, 'ca.pem'), answerOf);
    visited = await visit(cloud, world);
  });
  afterAll(async () => {
    await world.end();
    rmSync(folder, { recursive: true });
  });

  const to = (host: string): readonly Visit[] => visited.visits.filter((one) => one.host === host);
  const audiences = (host: string): ReadonlySet<string> => new Set(to(host).map(audienceOf).filter(Boolean));
  const scopesAskedFor = (): ReadonlySet<string> =>
    new Set(to(signIn).flatMap(({ body }) => new URLSearchParams(body).get('scope')?.split(' ')[0] ?? []));

  test('every client turns to this cloud’s hosts, and to no other', () => {
    const ownVaults = [honest, forAnother, fromElsewhere].map((name) => `${name}.${vaults}`);
    expect([...visited.called].sort()).toEqual([arm, graph, signIn, ...ownVaults].sort());
    for (const path of ['/healthBots/', '/vaults/kv-care?', '/keys/care', '/locks', 'Microsoft.ResourceGraph']) {
      expect(to(arm).filter((one) => one.path.includes(path))).not.toEqual([]);
    }
    expect(to(graph)).not.toEqual([]);
  });

  test('every call worked that nothing was wrong with', () => {
    const what = ['agent', 'vault', 'key', 'locks', 'list', 'membership', 'bot framework'];
    expect(what.filter((one) => visited.came[one]?.code !== null)).toEqual([]);
  });

  test('each service gets tokens for itself alone', () => {
    expect([...audiences(arm)]).toEqual([`https://${arm}/.default`]);
    expect([...audiences(graph)]).toEqual([`https://${graph}/.default`]);
    expect([...audiences(`${honest}.${vaults}`)]).toEqual([`https://${vaults}/.default`]);
    expect([...scopesAskedFor()].sort()).toEqual(
      [arm, graph, vaults]
        .map((host) => `https://${host}/.default`)
        .concat(`${botFramework}/.default`)
        .sort(),
    );
  });

  test('a vault that asks for a token of another cloud’s gets none', () => {
    const came = visited.came[addressOf(forAnother, cloud)];
    expect(came?.code).toBe('ForeignChallenge');
    expect(came?.message).toMatch(/challenge resource .* does not match the requested domain/);
    expect([...audiences(`${forAnother}.${vaults}`)]).toEqual([]);
  });

  test('a vault that names another place to sign in leads nobody there', () => {
    expect(visited.called).not.toContain(elsewhere);
    expect([...audiences(`${fromElsewhere}.${vaults}`)]).toEqual([`https://${vaults}/.default`]);
  });

  test('a vault of another cloud, or of nobody’s, is asked nothing', () => {
    for (const address of [addressOf(honest, 'public'), `https://kv-care.${vaults}.example.com/`]) {
      expect(visited.came[address]?.code).toBe('not-a-vault-address');
    }
  });
});
