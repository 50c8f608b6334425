import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateAndKey, createAuthority, createServerCertificate, isLimitedToLoopback } from './authority.ts';

export interface ServerCertificate extends CertificateAndKey {
  readonly caFile: string;
}

interface Files {
  readonly cert: string;
  readonly key: string;
}

const read = (files: Files): CertificateAndKey => ({
  cert: readFileSync(files.cert, 'utf8'),
  key: readFileSync(files.key, 'utf8'),
});

const write = (files: Files, made: CertificateAndKey): void => {
  writeFileSync(files.key, made.key, { mode: 0o600 });
  writeFileSync(files.cert, made.cert);
};

const exist = (files: Files): boolean => existsSync(files.cert) && existsSync(files.key);

const isValid = (cert: string, authority: string): boolean => {
  const leaf = new X509Certificate(cert);
  const ca = new X509Certificate(authority);
  return Date.parse(leaf.validTo) > Date.now() + 30 * 86_400_000 && leaf.verify(ca.publicKey);
};

/** Returns the server's certificate, signed by the data folder's own authority. Creates both once and reuses them. */
export const serverCertificate = async (dataDir: string): Promise<ServerCertificate> => {
  const folder = join(dataDir, 'azure');
  mkdirSync(folder, { recursive: true });
  const ca = { cert: join(dataDir, 'ca.pem'), key: join(folder, 'ca-key.pem') };
  const leaf = { cert: join(folder, 'server.pem'), key: join(folder, 'server-key.pem') };
  if (!exist(ca) || !isLimitedToLoopback(read(ca).cert)) write(ca, await createAuthority());
  if (!exist(leaf) || !isValid(read(leaf).cert, read(ca).cert)) {
    write(leaf, await createServerCertificate(read(ca)));
  }
  return { caFile: ca.cert, ...read(leaf) };
};
