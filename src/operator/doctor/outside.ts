/** Checks that the bot answers at its public address, as far as that is visible from here. */
import { request } from 'node:https';
import { type PeerCertificate, rootCertificates, type TLSSocket } from 'node:tls';
import { countOf } from '../../text/words.ts';
import { changeSetting, command } from './commands.ts';
import type { Diagnosis } from './diagnosis.ts';
import { about, type DoctorEnvironment, fail, ok, unknown, warn } from './subjects.ts';

const subject = about('teams/endpoint', 'from outside');
const timeoutMs = 8_000;
const dayMs = 86_400_000;
const warnBeforeMs = 21 * dayMs;

interface ProbeResult {
  readonly status: number;
  readonly certificate: PeerCertificate;
}

/** Sends an empty request without sign-in. `ca`: trusted in addition to the default authorities. */
export function probeAddress(method: 'GET' | 'POST', url: string, ca: string | undefined): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const authorities = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
    const headers = { 'content-type': 'application/json' };
    const pending = request(url, { method, agent: false, headers, ...authorities }, (response) => {
      const socket = response.socket as TLSSocket;
      resolve({ status: response.statusCode ?? 0, certificate: socket.getPeerCertificate() });
      // The body isn't needed, however long it is.
      response.destroy();
    });
    pending.setTimeout(timeoutMs, () => pending.destroy(new Error(`no answer within ${timeoutMs / 1_000} seconds`)));
    pending.on('error', reject);
    pending.end(method === 'POST' ? '{}' : undefined);
  });
}

function fixForReach(error: NodeJS.ErrnoException, { host, hostname, port }: URL): readonly [string, string] {
  const { code = '' } = error;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return [
      `DNS doesn’t have ${hostname}. Create its DNS record, for the proxy that ends TLS.`,
      command('nslookup', hostname),
    ];
  }
  if (/CERT|TLS|SSL|SIGNATURE|ISSUER|ALTNAME/.test(code)) {
    const ask = `${command('openssl', 's_client', '-connect', `${hostname}:${port || 443}`, '-servername', hostname)} </dev/null`;
    return [
      'Bot Framework needs a valid certificate of a public authority for this name.',
      `${ask} | openssl x509 -noout -subject -issuer -dates`,
    ];
  }
  return [
    'Check the proxy that ends TLS, and the bot behind it.',
    command('curl', '-sv', '-o', '/dev/null', `https://${host}/healthz`),
  ];
}

function judge(url: string, { status, certificate }: ProbeResult): Diagnosis {
  const leftMs = Date.parse(certificate.valid_to) - Date.now();
  const answers = `${url} answers ${status} to a caller who isn’t signed in`;
  if (![401, 403, 405].includes(status)) {
    const fix = 'This isn’t the bot. The proxy that ends TLS must route /api/messages to the bot.';
    return fail(subject, answers, fix, [
      command('curl', '-s', '-X', 'POST', '-o', '/dev/null', '-w', '%{http_code}', url),
    ]);
  }
  const left = countOf(Math.max(0, Math.floor(leftMs / dayMs)), 'day', 'days');
  const found = `${answers}; its certificate expires in ${left}`;
  if (leftMs > warnBeforeMs) return ok(subject, found);
  return warn(
    subject,
    found,
    'Renew it: after that day, Teams can’t reach the bot.',
    [command('curl', '-sv', '-o', '/dev/null', url)],
    'the owner of the proxy that ends TLS',
  );
}

/** Checks the address from this machine. Only a message in Teams shows what Microsoft sees. */
export async function diagnoseOutside({ config, cloud }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  if (config.server.mode === 'local') return [];
  const { publicUrl } = config.server;
  if (publicUrl === null) {
    const fix = 'Set CMK_PUBLIC_URL to check it.';
    return [unknown(subject, 'not tried: the bot’s address is not configured', fix, [changeSetting('CMK_PUBLIC_URL')])];
  }
  const url = `${publicUrl}/api/messages`;
  try {
    return [judge(url, await probeAddress('POST', url, cloud.tls.tlsOptions?.ca))];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [fix, look] = fixForReach(error, new URL(url));
    return [fail(subject, `${url} does not answer: ${error.message}`, fix, [look, changeSetting('CMK_PUBLIC_URL')])];
  }
}
