import { webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, isIP } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, describe, expect, test } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { serverCertificate } from '../../sandbox/azure/certificates.ts';

/** What somebody can do who comes by the key of the local Azure's authority, where that authority is trusted: tried with Node's own TLS. */

interface Signed {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const made: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cmk-test-certificate-'));
  made.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

const keyPair = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const pemOf = async (cert: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<Signed> => ({
  cert: `${cert.toString('pem')}\n`,
  key: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), x509.PemConverter.PrivateKeyTag),
});

/** Signed with an authority's key, with whatever the signer likes in it. */
async function signedBy(ca: Signed, subject: string, extensions: readonly x509.Extension[]): Promise<Signed> {
  const keys = await keyPair();
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(ca.key),
    algorithm,
    false,
    ['sign'],
  );
  const cert = await x509.X509CertificateGenerator.create({
    subject: `CN=${subject}`,
    issuer: new x509.X509Certificate(ca.cert).subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [...extensions],
  });
  return await pemOf(cert, keys.privateKey);
}

const names = (...of: readonly x509.JsonGeneralName[]) => new x509.SubjectAlternativeNameExtension([...of]);
const dns = (value: string): x509.JsonGeneralName => ({ type: 'dns', value });
const ip = (value: string): x509.JsonGeneralName => ({ type: 'ip', value });

/** What a client says that trusts the authority and wants this host, of a server that shows this chain. */
async function clientSays(host: string, shown: Signed, ca: string): Promise<string> {
  const server = createServer(shown).on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  // The way there leads to this machine whatever the name: it is the name that counts.
  const socket = connect({ socket: connectTcp(port, '127.0.0.1'), host, ca, servername: isIP(host) ? '' : host });
  const said = await new Promise<string>((resolve) => {
    socket.once('secureConnect', () => resolve('trusted'));
    socket.once('error', (error) => resolve(error.message));
  });
  socket.destroy();
  server.close();
  return said;
}

const authorityOf = (folder: string): Signed => ({
  cert: readFileSync(path.join(folder, 'ca.pem'), 'utf8'),
  key: readFileSync(path.join(folder, 'azure', 'ca-key.pem'), 'utf8'),
});

describe('the local Azure’s certificate', () => {
  test.each(['localhost', 'kv-hospital-keys.vault.localhost', '127.0.0.1', '::1'])('is good for %s', async (host) => {
    const folder = newFolder();
    const { cert, key, caFile } = await serverCertificate(folder);
    expect(await clientSays(host, { cert, key }, readFileSync(caFile, 'utf8'))).toBe('trusted');
  });

  test('stays the same from start to start', async () => {
    const folder = newFolder();
    const first = await serverCertificate(folder);
    expect(await serverCertificate(folder)).toEqual(first);
  });

  test('has a key that only its user can read, and so has the authority', async () => {
    const folder = newFolder();
    await serverCertificate(folder);
    for (const file of ['ca-key.pem', 'server-key.pem'])
      expect(statSync(path.join(folder, 'azure', file)).mode & 0o777).toBe(0o600);
  });
});

describe('whoever has the key of the local Azure’s authority', () => {
  const refused = 'permitted subtree violation';

  test.each([
    ['management.azure.com', [names(dns('management.azure.com'))]],
    ['login.microsoftonline.com', [names(dns('localhost'), dns('login.microsoftonline.com'))]],
    ['localhost.example', [names(dns('localhost.example'))]],
    ['notlocalhost', [names(dns('notlocalhost'))]],
    ['graph.microsoft.com', [names(dns('*.microsoft.com'))]],
    ['smba.trafficmanager.net', []],
    ['10.0.0.4', [names(ip('10.0.0.4'))]],
    ['127.0.0.2', [names(ip('127.0.0.2'))]],
    ['fd00::1', [names(ip('fd00::1'))]],
  ])('is not believed to be %s', async (host, extensions) => {
    const folder = newFolder();
    await serverCertificate(folder);
    const ca = authorityOf(folder);
    expect(await clientSays(host, await signedBy(ca, host, extensions), ca.cert)).toBe(refused);
  });

  test('cannot make an authority below it that vouches for another host', async () => {
    const folder = newFolder();
    await serverCertificate(folder);
    const ca = authorityOf(folder);
    const below = await signedBy(ca, 'below', [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ]);
    const saysOf = async (host: string) => {
      const leaf = await signedBy(below, host, [names(dns(host))]);
      return await clientSays(host, { cert: leaf.cert + below.cert, key: leaf.key }, ca.cert);
    };
    expect(await saysOf('management.azure.com')).toBe(refused);
    expect(await saysOf('localhost')).toBe('path length constraint exceeded');
  });
});
