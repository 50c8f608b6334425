import { ArmId } from '../../../../src/domain/ids.ts';
import { ownSubscription, permitsVault, type VaultMatch } from '../../../../src/domain/policy/rules.ts';
import { resourceId } from '../../../support/builders/fixtures.ts';

const care = '40000000-0000-4000-8000-000000000001';
const research = '40000000-0000-4000-8000-000000000002';
const vaultIn = (subscription: string, name = 'kv-hospital-keys', group = 'rg-keys'): ArmId =>
  ArmId.parse(`/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`);
const permits = (vaults: readonly VaultMatch[], vault: ArmId): boolean => permitsVault(vaults, resourceId(), vault);

it('where nothing is said a vault of the agent’s own subscription is permitted, and none of another, whatever it is called', () => {
  expect(permits(ownSubscription, vaultIn(care))).toBe(true);
  expect(permits(ownSubscription, vaultIn(care.toUpperCase()))).toBe(true);
  expect(permits(ownSubscription, vaultIn(research))).toBe(false);
});

const named = [{ names: ['kv-hospital-*'] }];

it('a rule by name permits vaults in the agent’s own subscription alone: anybody can choose a name', () => {
  expect(permits(named, vaultIn(care))).toBe(true);
  expect(permits(named, vaultIn(research))).toBe(false);
});

const keys = [{ subscriptions: [research], resourceGroups: ['rg-keys'] }];

it('a rule that names a subscription permits its vaults where every other criterion holds, and then no others', () => {
  expect(permits(keys, vaultIn(research))).toBe(true);
  expect(permits(keys, vaultIn(research, 'kv-lab', 'rg-research'))).toBe(false);
  expect(permits(keys, vaultIn(care))).toBe(false);
});
