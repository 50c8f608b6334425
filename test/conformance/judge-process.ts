/**
 * Holds what was recorded against the official descriptions, and prints what came of it as JSON. Arguments: the folder of
 * the record, the descriptions' folder, the folder where oav is installed. A process of its own: the validator loads what a
 * test could not.
 */

import type { Exchange } from '../../sandbox/azure/request-log.ts';
import { mainRouter } from '../../sandbox/azure/server.ts';
import { exchangesIn } from '../support/azure/exchanges.ts';
import { ArmValidator } from './arm-validator.ts';
import type { Counted, Judgement } from './judgement.ts';
import { VaultValidator } from './vault-validator.ts';

const [, , record = '', descriptions = '', oav = ''] = process.argv;
const arm = await ArmValidator.open(oav, descriptions);
const vault = new VaultValidator(oav, descriptions);

const ofVault = /^\/(keys|deletedkeys|secrets|certificates|rng)\b/i;

/** By the local Azure's own routes, else by what the path looks like, without names and ids. */
const placeOf = (method: string, pathname: string): Pick<Judgement, 'service' | 'operation'> => {
  if (ofVault.test(pathname)) return { service: 'vault', operation: pathname.replaceAll(/(?<=^\/\w+\/)[^/]+/g, '…') };
  const found = mainRouter.find(method, pathname);
  if (found !== null) {
    const { audience, pattern } = found.route;
    // Its query API has no description beside the others.
    return { service: audience === 'logs' ? 'open' : audience, operation: pattern };
  }
  const named = /(?<=\/(?:subscriptions|resourceGroups|healthBots|vaults|keys)\/)[^/]+/gi;
  return { service: 'arm', operation: pathname.replaceAll(named, '…') };
};

const describe = (exchange: Exchange, service: Judgement['service'], version: string) => {
  if (service === 'vault') return vault.judge(exchange, version);
  return service === 'arm' ? arm.judge(exchange, version) : null;
};

const judge = async (exchange: Exchange): Promise<Judgement> => {
  const { method, status } = exchange;
  const url = new URL(exchange.url);
  const place = placeOf(method, url.pathname.replaceAll(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'));
  const version = url.searchParams.get('api-version') ?? '';
  const here = { ...place, method, version, status, request: [], response: [] };
  if (exchange.from === 'fault') return { ...here, held: 'fault' };
  if (status === 501) return { ...here, held: 'absent' };
  const held = await describe(exchange, place.service, version);
  return held === null ? { ...here, held: 'none' } : { ...here, ...held };
};

/** Alike ones together, each with how many there were. */
const counts = new Map<string, number>();
for (const exchange of exchangesIn(record)) {
  const judgement = JSON.stringify(await judge(exchange));
  counts.set(judgement, (counts.get(judgement) ?? 0) + 1);
}
const counted = [...counts].map(([judgement, count]): Counted => ({ ...JSON.parse(judgement), count }));
process.stdout.write(JSON.stringify(counted));
