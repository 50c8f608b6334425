/** Whoever answers under a host name, as far as it is seen from here. */
import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import { rootCertificates, type TLSSocket } from 'node:tls';
import type { SeenAddress } from '../setup/world.ts';

const patienceMs = 8_000;

/** `ca`: trusted beside the usual authorities. */
export async function lookAtAddress(host: string, ca: string | undefined): Promise<SeenAddress> {
  const { hostname } = new URL(`https://${host}`);
  const known = await lookup(hostname).then(
    () => true,
    () => false,
  );
  if (!known) return { kind: 'unknown-name' };
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  return new Promise((resolve) => {
    const asked = request(`https://${host}/healthz`, { agent: false, ...trusted }, (response) => {
      const { valid_to: until } = (response.socket as TLSSocket).getPeerCertificate();
      resolve({ kind: 'answers', certificateEnds: new Date(until), status: response.statusCode ?? 0 });
      // Of the body nothing is wanted, however long it is.
      response.destroy();
    });
    asked.setTimeout(patienceMs, () => asked.destroy(new Error(`no answer within ${patienceMs / 1_000} seconds`)));
    asked.on('error', ({ code = '', message }: NodeJS.ErrnoException) => {
      const isCertificate = /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code);
      resolve({ kind: isCertificate ? 'bad-certificate' : 'silent', why: message });
    });
    asked.end();
  });
}
