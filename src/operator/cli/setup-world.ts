/** The wizard's environment: Azure with the person's own sign-in, DNS, certificates and the database. */
import { lookup } from 'node:dns/promises';
import { withAccess } from '../../authorization/role-checks.ts';
import { openCloud } from '../../azure/clouds.ts';
import { claimsFor, openCredential } from '../../azure/credential.ts';
import { operatorAzure } from '../../azure/operator-azure.ts';
import { readAllowGuests, readCloud } from '../../config/config.ts';
import type { Variables } from '../../config/env.ts';
import type { Outcome } from '../../domain/failure.ts';
import { closestName } from '../../operations/choose.ts';
import { kinds } from '../../operations/resources/registry.ts';
import { probeServer } from '../../store/postgres-probe.ts';
import { failureLine } from '../../text/failures.ts';
import { probeAddress } from '../doctor/outside.ts';
import type { Lookup, LookupResult, SeenAddress, SetupWorld } from '../setup/question.ts';

/** Checks an address. `ca`: trusted in addition to the default authorities. */
async function checkAddress(host: string, ca: string | undefined): Promise<SeenAddress> {
  const { hostname } = new URL(`https://${host}`);
  const known = await lookup(hostname).then(
    () => true,
    () => false,
  );
  if (!known) return { kind: 'unknown-name' };
  return probeAddress('GET', `https://${host}/healthz`, ca).then(
    ({ certificate }) => ({ kind: 'answers', certificateEnds: new Date(certificate.valid_to) }),
    ({ code = '', message }: NodeJS.ErrnoException) => {
      const isCertificate = /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code);
      return { kind: isCertificate ? 'bad-certificate' : 'silent', why: message };
    },
  );
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;

/** Converts an outcome. A missing sign-in is thrown by code that requires one. */
async function toLookup<T>(pending: Promise<Outcome<T>>): Promise<Lookup<T>> {
  try {
    const outcome = await pending;
    if (outcome.ok) return { kind: 'seen', value: outcome.value };
    return { kind: 'unseen', why: firstLine(failureLine(outcome.failure)) };
  } catch (error) {
    return { kind: 'unseen', why: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** Caches the result of the first call. */
function cached<T>(ask: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | null = null;
  return () => {
    pending ??= ask();
    return pending;
  };
}

/** Opens the environment. `variables` name the cloud, and say whether guests have access. */
export function openSetupWorld(variables: Variables): SetupWorld {
  const allowGuests = readAllowGuests(variables);
  const cloud = openCloud(readCloud(variables));
  const view = operatorAzure(cloud, kinds);
  const me = cached(async () => {
    const person = await toLookup(view.me());
    // Each attempted sign-in method has its own message, and none helps the reader.
    return person.kind === 'seen' ? person : { ...person, why: 'You aren’t signed in to Azure on this machine' };
  });
  const subscriptions = cached(() => toLookup(view.subscriptions()));

  async function holderOf(id: string): Promise<Lookup<LookupResult>> {
    const found = await toLookup(view.holder(id));
    if (found.kind === 'unseen') return found;
    if (found.value === null) return { kind: 'seen', value: { found: null, near: null } };
    const { kind, name, members: people } = withAccess(found.value, allowGuests);
    return { kind: 'seen', value: { found: { id: id.toLowerCase(), kind, name, people }, near: null } };
  }

  return {
    me,
    subscriptions,
    async identity(named) {
      const found = await toLookup(view.identities(named));
      if (found.kind === 'unseen') return found;
      return { kind: 'seen', value: found.value[0] ?? null };
    },
    async trySecret(tenantId, clientId, clientSecret) {
      const credential = openCredential({ tenantId, clientId, clientSecret, federatedTokenFile: null }, cloud);
      try {
        await claimsFor(credential, cloud.armScope);
        return { kind: 'works' };
      } catch (error) {
        const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
        return { kind: /AADSTS/.test(why) ? 'refused' : 'unseen', why };
      }
    },
    address: (host) => checkAddress(host, cloud.tls.tlsOptions?.ca),
    async holder(named) {
      if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(named)) return holderOf(named);
      // Similar names usually begin alike.
      const listed = await toLookup(view.groups(named.slice(0, 4)));
      if (listed.kind === 'unseen') return listed;
      const same = listed.value.find(({ name }) => name.toLowerCase() === named.toLowerCase());
      if (same !== undefined) return holderOf(same.id);
      const names = listed.value.map(({ name }) => name);
      return { kind: 'seen', value: { found: null, near: closestName(named, names) } };
    },
    database: probeServer,
  };
}
