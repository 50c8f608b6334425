/**
 * Where the portal of each cloud shows a resource and a key. Hosts are those of Microsoft's national-cloud lists; that a key is
 * an "asset" under its own address is what the portal itself puts into the address bar.
 */
import type { Portal } from '../domain/ports/azure.ts';
import type { Cloud } from './clouds.ts';

const origins: Readonly<Record<Exclude<Cloud['name'], 'custom'>, string>> = {
  public: 'https://portal.azure.com',
  usgovernment: 'https://portal.azure.us',
  china: 'https://portal.azure.cn',
};

/** Names of groups may hold parentheses and letters of any script: what would end a link is encoded as well. */
const segment = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Null for a custom cloud: nobody knows its portal. */
export function openPortal(
  { name, vaultSuffix }: Pick<Cloud, 'name' | 'vaultSuffix'>,
  tenantId: string,
): Portal | null {
  if (name === 'custom') return null;
  const start = `${origins[name]}/#@${segment(tenantId)}`;
  return {
    resource: (id) => `${start}/resource${id.split('/').map(segment).join('/')}`,
    key: (vaultUri, keyName, version) => {
      const [, vault] = /^https:\/\/([a-z0-9-]{3,24})(?=\.)/i.exec(vaultUri) ?? [];
      const host = `${vault}${vaultSuffix}`;
      if (vault === undefined || vaultUri.replace(/\/$/, '').toLowerCase() !== `https://${host}`.toLowerCase())
        return null;
      return `${start}/asset/Microsoft_Azure_KeyVault/Key/https://${host}/keys/${keyName}/${version}`;
    },
  };
}
