import { X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from '@peculiar/asn1-x509';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const yearsFromNow = (years: number): Date => new Date(Date.now() + years * 365 * 86_400_000);

/** Ends with a newline: certificates in one file would run together without it. */
const pem = (der: ArrayBuffer, tag: string): string => `${PemConverter.encode(der, tag)}\n`;

const certified = async (cert: X509Certificate, key: webcrypto.CryptoKey): Promise<CertificateAndKey> => ({
  cert: pem(cert.rawData, PemConverter.CertificateTag),
  key: pem(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag),
});

/** Limits the authority to loopback names and what is below them, even if its key is stolen: RFC 5280, 4.2.1.10. */
const loopbackConstraint = new Extension(
  id_ce_nameConstraints,
  true,
  AsnConvert.serialize(
    new NameConstraints({
      permittedSubtrees: new GeneralSubtrees([
        new GeneralSubtree({ base: new GeneralName({ dNSName: 'localhost' }) }),
        new GeneralSubtree({ base: new GeneralName({ iPAddress: '127.0.0.1/32' }) }),
        new GeneralSubtree({ base: new GeneralName({ iPAddress: '::1/128' }) }),
      ]),
    }),
  ),
);

/** Creates an authority that can certify only servers of this machine, and no other authority. */
export const createAuthority = async (): Promise<CertificateAndKey> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Local Azure throw-away CA',
    keys,
    signingAlgorithm: algorithm,
    notAfter: yearsFromNow(10),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      loopbackConstraint,
    ],
  });
  return certified(ca, keys.privateKey);
};

/** Creates a certificate for the Azure simulator's servers. */
export const createServerCertificate = async (authority: CertificateAndKey): Promise<CertificateAndKey> => {
  const issuer = new X509Certificate(authority.cert);
  const issuerKey = PemConverter.decodeFirst(authority.key);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', issuerKey, algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    notAfter: yearsFromNow(2),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: '*.vault.localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ],
  });
  return certified(leaf, keys.privateKey);
};

export interface ServerCertificate extends CertificateAndKey {
  readonly caFile: string;
}

/** Paths of both. */
type Files = CertificateAndKey;

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
  const leaf = new NodeCertificate(cert);
  return (
    Date.parse(leaf.validTo) > Date.now() + 30 * 86_400_000 && leaf.verify(new NodeCertificate(authority).publicKey)
  );
};

/** Returns the server's certificate, signed by the data folder's own authority. Creates both once and reuses them. */
export const serverCertificate = async (dataDir: string): Promise<ServerCertificate> => {
  const folder = join(dataDir, 'azure');
  mkdirSync(folder, { recursive: true });
  const ca = { cert: join(dataDir, 'ca.pem'), key: join(folder, 'ca-key.pem') };
  const leaf = { cert: join(folder, 'server.pem'), key: join(folder, 'server-key.pem') };
  if (!exist(ca)) write(ca, await createAuthority());
  if (!exist(leaf) || !isValid(read(leaf).cert, read(ca).cert)) {
    write(leaf, await createServerCertificate(read(ca)));
  }
  return { caFile: ca.cert, ...read(leaf) };
};
