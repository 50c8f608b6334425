import { http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { careId, owner } from '../support/azure/local-azure-names.ts';
import { absentOperations } from '../support/azure/local-azure-tables.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** What docs/azure-simulator.md calls absent is so for whoever asks, whatever they may do there. */

const azure = simulatedAzure();
let headers: Record<string, string>;
let atVault: Record<string, string>;

beforeAll(async () => {
  const clients = clientsOf(azure, owner);
  headers = { authorization: `Bearer ${await clients.token()}` };
  atVault = { authorization: `Bearer ${await clients.token('https://vault.azure.net/.default')}` };
});

const names: Readonly<Record<string, string>> = {
  sub: careId,
  group: 'rg-care-prod',
  vault: 'kv-care-prod',
  namespace: 'Microsoft.KeyVault',
  scope: `subscriptions/${careId}`,
};

test.each(absentOperations.map(({ method, pattern }) => [method, pattern]))(
  '%s %s is answered with 501',
  async (method, pattern) => {
    const path = pattern.replaceAll(/\{\*?(\w+)\}/g, (_, name: string) => names[name] ?? 'x');
    const isVault = /^\/(keys|deletedkeys|secrets|certificates|rng)\b/.test(path);
    const version = isVault ? '7.5' : '2022-04-01';
    const { status } = await http(azure, method, `${path}?api-version=${version}`, {
      headers: isVault ? atVault : headers,
      port: azure.port + (isVault ? 1 : 0),
      ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
    });
    expect(status).toBe(501);
  },
);
