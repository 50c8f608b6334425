import { createAuthority, createServerCertificate } from '../../../sandbox/azure/certificates.ts';

/** Of an https server on this machine, with the only authority for it. */
export async function localhostCertificate(): Promise<{ ca: string; cert: string; key: string }> {
  const authority = await createAuthority();
  return { ca: authority.cert, ...(await createServerCertificate(authority)) };
}
