import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface ServerCertificate {
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
}

const yearsFromNow = (years: number): Date => new Date(Date.now() + years * 365 * 86_400_000);

/** selfsigned's PEMs have no final newline; a bundle of several would run together without one. */
const line = (pem: string): string => (pem.endsWith('\n') ? pem : `${pem}\n`);

const writeSecret = (file: string, text: string): void => writeFileSync(file, line(text), { mode: 0o600 });

const makeCa = async (certFile: string, keyFile: string): Promise<void> => {
  const ca = await generate([{ name: 'commonName', value: 'Local Azure throw-away CA' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: yearsFromNow(10),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  writeSecret(keyFile, ca.private);
  writeFileSync(certFile, line(ca.cert));
};

const makeLeaf = async (caFiles: { cert: string; key: string }, certFile: string, keyFile: string): Promise<void> => {
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: yearsFromNow(2),
    ca: { cert: readFileSync(caFiles.cert, 'utf8'), key: readFileSync(caFiles.key, 'utf8') },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: '*.vault.localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  writeSecret(keyFile, leaf.private);
  writeFileSync(certFile, line(leaf.cert));
};

const stillGood = (certFile: string, caFile: string): boolean => {
  if (!existsSync(certFile)) return false;
  const leaf = new X509Certificate(readFileSync(certFile));
  const ca = new X509Certificate(readFileSync(caFile));
  return Date.parse(leaf.validTo) > Date.now() + 30 * 86_400_000 && leaf.verify(ca.publicKey);
};

/** The server's certificate under the data folder's own CA; both are made once and used again. */
export const serverCertificate = async (dataDir: string): Promise<ServerCertificate> => {
  const folder = join(dataDir, 'azure');
  mkdirSync(folder, { recursive: true });
  const caFile = join(dataDir, 'ca.pem');
  const caKey = join(folder, 'ca-key.pem');
  const leafFile = join(folder, 'server.pem');
  const leafKey = join(folder, 'server-key.pem');
  if (!existsSync(caFile) || !existsSync(caKey)) await makeCa(caFile, caKey);
  if (!existsSync(leafKey) || !stillGood(leafFile, caFile)) {
    await makeLeaf({ cert: caFile, key: caKey }, leafFile, leafKey);
  }
  return { caFile, cert: readFileSync(leafFile, 'utf8'), key: readFileSync(leafKey, 'utf8') };
};
