/** The whole internet, as far as one process sees it: a proxy that leads every host name to one server, over TLS. */
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer as createProxy, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { listen } from '../processes/test-server.ts';

export interface Visit {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | null;
}

export interface HostAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type EveryHost = Awaited<ReturnType<typeof standForEveryHost>>;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function certificateFor(hosts: readonly string[]) {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const extensions = [new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns' as const, value })))];
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=every host',
    keys,
    signingAlgorithm: algorithm,
    extensions,
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: made.toString('pem'), key: PemConverter.encode(key, PemConverter.PrivateKeyTag) };
}

async function visitOf(request: IncomingMessage): Promise<Visit> {
  const { host = '', authorization = null } = request.headers;
  const { method = '', url = '' } = request;
  return { host, method, path: url, body: await text(request), authorization };
}

/** `hosts` have a certificate; what they answer is told by `answer`. The certificate is written to `file`. */
export async function standForEveryHost(hosts: readonly string[], file: string, answer: (visit: Visit) => HostAnswer) {
  const certificate = await certificateFor(hosts);
  writeFileSync(file, certificate.cert);
  const [called, visits]: [string[], Visit[]] = [[], []];
  const server = createServer(certificate, async (request, response) => {
    const visit = await visitOf(request);
    visits.push(visit);
    const { status, headers = {}, body } = answer(visit);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  const proxy = createProxy();
  proxy.on('connect', ({ url = '' }, socket) => {
    called.push(url.replace(/:443$/, ''));
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    server.emit('connection', socket);
  });
  const { port, close } = await listen(proxy);
  return {
    /** What a process is started with to come here, and to trust what it finds. */
    env: { HTTPS_PROXY: `http://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: file },
    /** Every host that was called, whether it has a certificate here or not. */
    called,
    visits,
    end: async () => {
      server.closeAllConnections();
      void close();
    },
  };
}
