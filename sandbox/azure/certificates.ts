import { X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/** A certificate and its private key, both PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/**
 * Creates a certificate that is its own root: clients that trust it trust this server at loopback names, and nothing that its
 * key signs, because it isn't an authority.
 */
export async function createServerCertificate(): Promise<CertificateAndKey> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    keys,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + 730 * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...['localhost', '*.vault.localhost'].map((value) => ({ type: 'dns', value }) as const),
        ...['127.0.0.1', '::1'].map((value) => ({ type: 'ip', value }) as const),
      ]),
    ],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { cert: `${cert.toString('pem')}\n`, key: `${key}\n` };
}

/** Returns the data folder's certificate. Creates it once and reuses it. Clients read `ca.pem`. */
export async function serverCertificate(dataDir: string): Promise<CertificateAndKey & { readonly caFile: string }> {
  const caFile = join(dataDir, 'ca.pem');
  const keyFile = join(dataDir, 'azure', 'server-key.pem');
  const isCurrent = (): boolean =>
    Date.parse(new NodeCertificate(readFileSync(caFile)).validTo) > Date.now() + 30 * dayMs;
  if (!existsSync(caFile) || !existsSync(keyFile) || !isCurrent()) {
    const made = await createServerCertificate();
    mkdirSync(join(dataDir, 'azure'), { recursive: true });
    writeFileSync(keyFile, made.key, { mode: 0o600 });
    writeFileSync(caFile, made.cert);
  }
  return { cert: readFileSync(caFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), caFile };
}
