import { webcrypto } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, isIP } from 'node:net';
import path from 'node:path';
import { connect, createServer } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { type CertificateAndKey, serverCertificate } from '../../sandbox/azure/certificates.ts';
import { newFolder } from '../support/audit/published-log.ts';

/** What clients believe that trust the local Azure's certificate: tried with Node's own TLS. */

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** What a client says that trusts the certificate and wants this host, of a server that shows this chain. */
async function clientSays(host: string, shown: CertificateAndKey, ca: string): Promise<string> {
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

describe('the local Azure’s certificate', () => {
  test.each(['localhost', 'kv-hospital-keys.vault.localhost', '127.0.0.1', '::1'])('is good for %s', async (host) => {
    const { cert, key, caFile } = await serverCertificate(await newFolder());
    expect(await clientSays(host, { cert, key }, readFileSync(caFile, 'utf8'))).toBe('trusted');
  });

  test.each(['management.azure.com', 'localhost.example', '10.0.0.4'])('is not good for %s', async (host) => {
    const made = await serverCertificate(await newFolder());
    expect(await clientSays(host, made, made.cert)).toContain('does not match');
  });

  test('stays the same from start to start, with a key that only its user can read', async () => {
    const folder = await newFolder();
    const first = await serverCertificate(folder);
    expect(await serverCertificate(folder)).toEqual(first);
    expect(statSync(path.join(folder, 'azure', 'server-key.pem')).mode & 0o777).toBe(0o600);
  });

  test.each(['localhost', 'management.azure.com'])(
    'vouches for no other one: its key signed one for %s',
    async (host) => {
      const own = await serverCertificate(await newFolder());
      const stolen = x509.PemConverter.decodeFirst(own.key);
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const forged = await x509.X509CertificateGenerator.create({
        subject: `CN=${host}`,
        issuer: new x509.X509Certificate(own.cert).subject,
        publicKey: keys.publicKey,
        signingKey: await webcrypto.subtle.importKey('pkcs8', stolen, algorithm, false, ['sign']),
        signingAlgorithm: algorithm,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
      });
      const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
      const chain = { cert: `${forged.toString('pem')}\n${own.cert}`, key };
      expect(await clientSays(host, chain, own.cert)).not.toBe('trusted');
    },
  );
});
