/** Azurite, Microsoft's emulator of storage: `CMK_AZURITE` names its program, which `.ci/run` installs aside. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TokenCredential } from '@azure/core-auth';
import { ContainerClient } from '@azure/storage-blob';
import { freePorts } from '../processes/free-ports.ts';
import { localhostCertificate } from '../processes/localhost-certificate.ts';

const account = 'devstoreaccount1';

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with the claims that storage looks at; Azurite does not check signatures. */
export const storageCredential: TokenCredential = {
  getToken: async (scopes) => {
    if (String(scopes) !== 'https://storage.azure.com/.default') throw new Error(`a token for ${scopes}`);
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      aud: 'https://storage.azure.com',
      iss: 'https://sts.windows.net/10000000-0000-4000-8000-000000000001/',
      iat: now,
      nbf: now - 60,
      exp: now + 600,
    };
    return { token: `${base64({ alg: 'none' })}.${base64(claims)}.none`, expiresOnTimestamp: (now + 600) * 1000 };
  },
};

export type Azurite = NonNullable<Awaited<ReturnType<typeof startAzurite>>>;

/** Null where it is not here. Tokens are looked at (issuer, audience, time), and their signatures are not: it has no Entra. `certificate`: one of its own unless given. */
export async function startAzurite(certificate = localhostCertificate()) {
  const program = process.env.CMK_AZURITE;
  if (!program) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-azurite-'));
  const { ca, cert, key } = await certificate;
  const file = (name: string): string => path.join(folder, `${name}.pem`);
  await Promise.all(Object.entries({ ca, cert, key }).map(([name, text]) => writeFile(file(name), text)));
  const port = await freePorts(1);
  const options = [
    '--location',
    folder,
    '--blobPort',
    `${port}`,
    '--cert',
    file('cert'),
    '--key',
    file('key'),
    '--silent',
    '--skipApiVersionCheck',
    '--oauth',
    'basic',
  ];
  const child = spawn(process.execPath, [program, ...options], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = `https://127.0.0.1:${port}/${account}`;
  // The client hands these to its pipeline, but its type doesn't name `tlsOptions`.
  const clientOptions = { retryOptions: { maxTries: 1 }, tlsOptions: { ca } };
  const container = new ContainerClient(`${url}/anchor`, storageCredential, clientOptions);
  for (let tries = 0; ; tries += 1) {
    try {
      await container.create();
      break;
    } catch (error) {
      if (tries === 600 || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    container: `${url}/anchor`,
    ca,
    caFile: file('ca'),
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
