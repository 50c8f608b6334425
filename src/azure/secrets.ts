/** A secret of a vault. The key of the seals can be one; nothing else of the bot is. */
import { failed, type Outcome } from '../domain/failure.ts';
import { type AzureOptions, connectionOf } from './azure.ts';
import { isVaultHost, notAVault } from './resource-ids.ts';

export interface Secret {
  /** Its address, with the version that was read. */
  readonly id: string;
  readonly value: string;
}

export interface Secrets {
  /** `id`: `https://VAULT/secrets/NAME`, which is the newest version, or with `/VERSION` behind it. Takes the right to get it and no other. */
  get(id: string): Promise<Outcome<Secret>>;
}

export function vaultSecrets(options: AzureOptions): Secrets {
  const connection = connectionOf(options);
  return {
    async get(id) {
      const { origin, host, pathname } = new URL(id);
      const [, , name = '', version = ''] = pathname.split('/');
      const doing = `reading secret ${name} in ${host}`;
      if (!isVaultHost(origin, options.cloud)) return failed(notAVault(doing, origin));
      return connection.call(doing, async (line) => {
        const { value = '', properties } = await line
          .secretsAt(origin)
          .getSecret(name, version === '' ? {} : { version });
        return { id: properties.id ?? id, value };
      });
    },
  };
}
