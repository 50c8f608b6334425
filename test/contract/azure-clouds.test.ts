import { connectAzure } from '../../src/azure/azure.ts';
import { openCloud } from '../../src/azure/clouds.ts';
import { PersonId } from '../../src/domain/ids.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { botFrameworkOf } from '../../src/teams/bot-framework.ts';
import { careId, vaultId } from './azure-setup.ts';

/** The hosts of Microsoft's lists for national clouds, written here a second time, and what tokens are asked for there. */

const clouds: readonly (Record<'arm' | 'graph' | 'signIn' | 'vaults' | 'botFramework', string> & {
  readonly name: 'public' | 'usgovernment' | 'china';
})[] = [
  {
    name: 'public',
    arm: 'management.azure.com',
    graph: 'graph.microsoft.com',
    signIn: 'login.microsoftonline.com',
    vaults: 'vault.azure.net',
    botFramework: 'api.botframework.com',
  },
  {
    name: 'usgovernment',
    arm: 'management.usgovcloudapi.net',
    graph: 'graph.microsoft.us',
    signIn: 'login.microsoftonline.us',
    vaults: 'vault.usgovcloudapi.net',
    botFramework: 'api.botframework.us',
  },
  {
    name: 'china',
    arm: 'management.chinacloudapi.cn',
    graph: 'microsoftgraph.chinacloudapi.cn',
    signIn: 'login.chinacloudapi.cn',
    vaults: 'vault.azure.cn',
    botFramework: 'api.botframework.azure.cn',
  },
];

test.each(clouds)('$name has the hosts of Microsoft’s lists', ({ name, arm, graph, signIn, vaults, botFramework }) => {
  expect(openCloud({ name })).toMatchObject({
    armEndpoint: `https://${arm}`,
    graphEndpoint: `https://${graph}`,
    authorityHost: `https://${signIn}`,
    vaultSuffix: `.${vaults}`,
    verifyChallenges: true,
  });
  expect(botFrameworkOf({ cloud: name, appId: null }).scope).toBe(`https://${botFramework}`);
});

test.each(clouds)('in $name each service gets tokens for itself alone', async (cloud) => {
  const asked: string[] = [];
  const credential = {
    getToken: async (scopes: string | string[]) => {
      asked.push(String(scopes));
      throw new Error('no token');
    },
  };
  const limits = { retries: 0, callMs: 1_000 };
  const azure = connectAzure({
    kinds,
    cloud: openCloud({ name: cloud.name }),
    credential,
    subscriptions: [careId],
    limits,
  });
  await azure.vaults.get(vaultId('kv-care')).catch(() => undefined);
  await azure.groups.memberOf(PersonId.parse('20000000-0000-4000-8000-000000000001'), []).catch(() => undefined);
  expect([...new Set(asked)]).toEqual([cloud.arm, cloud.graph].map((host) => `https://${host}/.default`));
});
