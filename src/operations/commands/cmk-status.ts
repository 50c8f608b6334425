import { allInOrder, valueOrThrow } from '../../domain/failure.ts';
import { armIdParts, KeyName } from '../../domain/ids.ts';
import type { KeyImpact } from '../../domain/key-impact.ts';
import { normalizedVaultUri, type ObservedVault } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import { chooseVault, nameIn } from '../choose.ts';
import { readKeyUse } from '../read-key-use.ts';
import { readableKinds } from '../resources/registry.ts';
import { type CommandPorts, type CommandResult, parseArguments, parseName, type TypedCommand } from './command.ts';

/** Shows the key of each resource and the next thing to do, or what uses a key or the keys of a vault. */
export const cmkStatus: TypedCommand = {
  name: '/cmk-status',
  description: 'The keys of all resources, and what to do next',
  usage: '/cmk-status <part of a name or kind, or key=name>',
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
  if (isRefusal(vault)) return vault;
  return { kind: 'show-impact', impact: await readKeyImpact(azure, vault, keyName, now()) };
}

/** Returns the only vault in which resources use a key of that name. */
async function vaultOf({ inventory }: Azure, key: string): Promise<ObservedVault | Refusal> {
  const [found, vaults] = await allInOrder([
    inventory.resourceKeys(readableKinds).then(valueOrThrow),
    inventory.vaults().then(valueOrThrow),
  ]);
  const used = found.resources.flatMap(({ keys }) =>
    keys.flatMap(({ keyName, vaultUri }) =>
      keyName.toLowerCase() === key.toLowerCase() ? [normalizedVaultUri(vaultUri)] : [],
    ),
  );
  const [only, ...more] = vaults.filter(({ uri }) => used.includes(normalizedVaultUri(uri)));
  return only === undefined || more.length > 0
    ? { ...refuse('not-understood', `“key=${key}”`.slice(0, 80)), near: 'vault=' }
    : only;
}

export async function readKeyImpact(
  azure: Pick<Azure, 'inventory' | 'keyUsers'>,
  vault: ObservedVault,
  keyName: KeyName | null,
  now: Date,
): Promise<KeyImpact> {
  const [use, holders] = await allInOrder([
    readKeyUse(azure, vault, keyName, now),
    azure.keyUsers.holders(vault, keyName).then(valueOrThrow),
  ]);
  return { ...use, vault: { id: vault.id, name: armIdParts(vault.id).name }, keyName, holders };
}
