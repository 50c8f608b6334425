/**
 * Addresses of the portal for a resource and a key. Hosts are those of Microsoft's national-cloud lists. A key is an "asset"
 * under its own address, as in the portal's address bar.
 */
import type { Portal } from '../domain/ports/azure.ts';
import type { Cloud } from './clouds.ts';

const origins: Readonly<Record<Exclude<Cloud['name'], 'custom'>, string>> = {
  public: 'https://portal.azure.com',
  usgovernment: 'https://portal.azure.us',
  china: 'https://portal.azure.cn',
};

/**
 * Encodes a path segment. Group names can contain parentheses and letters of any script, so characters that would end a link
 * are encoded too.
 */
const segment = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Returns the port; null: a custom cloud, whose portal is unknown. */
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
