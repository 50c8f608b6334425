import { done, type Outcome } from '../../domain/failure.ts';
import { armIdParts, KeyName } from '../../domain/ids.ts';
import type { KeyImpact } from '../../domain/key-impact.ts';
import { normalizedVaultUri, type ObservedVault } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { isRefusal, refuse, refuseFailure } from '../../domain/request/refusal.ts';
import { chooseVault, nameIn } from '../choose.ts';
import { readKeyUse } from '../read-key-use.ts';
import { type CommandPorts, type CommandResult, parseArguments, parseName, type TypedCommand } from './command.ts';

/** Shows the key of each agent and the next thing to do, or what uses a key or the keys of a vault. */
export const cmkStatus: TypedCommand = {
  name: '/cmk-status',
  description: 'The keys of all agents, and what to do next',
  usage: '/cmk-status <part of an agent’s name, or key=name>',
  weight: 'list',
  async handle({ args: { key, vault, ...args }, words }, ports) {
    if (key === undefined && vault === undefined) {
      const typed = parseName({ args, words });
      if (isRefusal(typed)) return typed;
      return { kind: 'show-list', subject: { list: 'agents', filter: 'all', id: nameIn(typed).slice(0, 100) } };
    }
    const others = parseArguments({ args, words }, []);
    if (isRefusal(others)) return others;
    return showUse(key?.trim() ?? '', vault?.trim() ?? '', ports);
  },
};

async function showUse(key: string, vaultTyped: string, { azure, now }: CommandPorts): Promise<CommandResult> {
  const keyName = key === '' ? null : KeyName.safeParse(key).data;
  if (keyName === undefined) return refuse('unknown-key', key.slice(0, 80));
  const vault = vaultTyped === '' ? await vaultOf(azure, key) : await chooseVault(azure, vaultTyped);
  if (vault.kind === 'refused') return vault;
  const impact = await readKeyImpact(azure, vault.value, keyName, now());
  return impact.ok ? { kind: 'show-impact', impact: impact.value } : refuseFailure(impact.failure);
}

/** Returns the only vault in which agents use a key of that name. */
async function vaultOf(azure: Azure, key: string): ReturnType<typeof chooseVault> {
  const [found, vaults] = await Promise.all([azure.inventory.resourceKeys(), azure.inventory.vaults()]);
  if (!found.ok) return refuseFailure(found.failure);
  if (!vaults.ok) return refuseFailure(vaults.failure);
  const used = found.value.resources.flatMap(({ customerKey }) =>
    customerKey?.keyName.toLowerCase() === key.toLowerCase() ? [normalizedVaultUri(customerKey.vaultUri)] : [],
  );
  const [only, ...more] = vaults.value.filter(({ uri }) => used.includes(normalizedVaultUri(uri)));
  return only === undefined || more.length > 0
    ? { ...refuse('not-understood', `“key=${key}”`.slice(0, 80)), near: 'vault=' }
    : { kind: 'chosen', value: only };
}

export async function readKeyImpact(
  azure: Pick<Azure, 'keyUsers'>,
  vault: ObservedVault,
  keyName: KeyName | null,
  now: Date,
): Promise<Outcome<KeyImpact>> {
  const [use, holders] = await Promise.all([
    readKeyUse(azure, vault, keyName, now),
    azure.keyUsers.holders(vault, keyName),
  ]);
  if (!use.ok) return use;
  if (!holders.ok) return holders;
  return done({
    ...use.value,
    vault: { id: vault.id, name: armIdParts(vault.id).name },
    keyName,
    holders: holders.value,
  });
}
