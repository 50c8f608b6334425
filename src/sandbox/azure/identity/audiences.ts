/** Which service a token is for; `elsewhere` for those that are not served here. */
export type Audience = 'arm' | 'graph' | 'vault' | 'logs' | 'elsewhere';

const trim = (resource: string): string => resource.toLowerCase().replace(/\/+$/, '');

/** Resources of the public cloud that every tenant has, by their documented addresses. */
const wellKnown: Readonly<Record<string, readonly Audience[]>> = {
  'https://management.azure.com': ['arm'],
  'https://management.core.windows.net': ['arm'],
  'https://graph.microsoft.com': ['graph'],
  'https://vault.azure.net': ['vault'],
  'https://api.loganalytics.io': ['logs'],
  'https://api.loganalytics.azure.com': ['logs'],
  'https://api.botframework.com': ['elsewhere'],
  'https://database.windows.net': ['elsewhere'],
  'https://managedhsm.azure.net': ['elsewhere'],
  'https://monitor.azure.com': ['elsewhere'],
  'https://ossrdbms-aad.database.windows.net': ['elsewhere'],
  'https://storage.azure.com': ['elsewhere'],
};

/**
 * What a token for this resource may be used for; empty for a resource that does not exist. The server's own address
 * stands for Azure Resource Manager, Microsoft Graph and Log Analytics, which share it here.
 */
export const audiencesOf = (resource: string, port: number): readonly Audience[] => {
  const wanted = trim(resource);
  const known = wellKnown[wanted];
  if (known !== undefined) return known;
  if ([`https://localhost:${port}`, `https://127.0.0.1:${port}`, `https://[::1]:${port}`].includes(wanted)) {
    return ['arm', 'graph', 'logs'];
  }
  return wanted === `https://vault.localhost:${port}` || wanted === 'https://vault.localhost' ? ['vault'] : [];
};
