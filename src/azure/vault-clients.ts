/** Secrets of the bot itself in Key Vault. */
import { failed, type Outcome } from '../domain/failure.ts';
import { type AzureOptions, connectionOf } from './azure.ts';
import { isVaultHost, notAVault } from './resource-ids.ts';

interface Secret {
  /** Address with the version that was read. */
  readonly id: string;
  readonly value: string;
}

export interface Secrets {
  /**
   * Reads a secret. `id`: `https://VAULT/secrets/NAME` for the newest version, or with `/VERSION`. Needs only permission to get
   * it.
   */
  get(id: string): Promise<Outcome<Secret>>;
}

/** Creates the reader of a vault's secrets. The seal key and the log signing key can be secrets. */
export function vaultSecrets(options: AzureOptions): Secrets {
  const connection = connectionOf(options);
  return {
    async get(id) {
      const { origin, host, pathname } = new URL(id);
      const [, , name = '', version = ''] = pathname.split('/');
      const doing = `reading secret ${name} in ${host}`;
      if (!isVaultHost(origin, options.cloud)) return failed(notAVault(doing, origin));
      return connection.call(doing, async (clients) => {
        const { value = '', properties } = await clients
          .secretsAt(origin)
          .getSecret(name, version === '' ? {} : { version });
        return { id: properties.id ?? id, value };
      });
    },
  };
}
