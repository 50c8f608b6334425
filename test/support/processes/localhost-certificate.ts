import { createServerCertificate } from '../../../sandbox/azure/certificates.ts';

/** Of an https server on this machine: its own root. */
export async function localhostCertificate(): Promise<{ ca: string; cert: string; key: string }> {
  const made = await createServerCertificate();
  return { ca: made.cert, ...made };
}
