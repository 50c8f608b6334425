/** What every request to Entra ID needs: a tenant, an app's secret, and the error body. */

import { randomUUID } from 'node:crypto';
import { Refusal, reply } from '../../http.ts';
import { type Call, param } from '../http.ts';
import type { ServicePrincipal } from '../state/principals.ts';

/** Entra ID's error body, with AADSTS numbers and texts from its public error reference. */
export const entraRefusal = (status: number, error: string, number: number, text: string): Refusal => {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = new Date()
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  return new Refusal(
    reply(status, {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
    }),
  );
};

/** Tenant names with which a client leaves the tenant to the account that signs in. */
const anyTenant = ['organizations', 'common'];

export const namesNoTenant = (call: Call): boolean => anyTenant.includes(param(call, 'tenant').toLowerCase());

/** Returns the tenant of the path. There is only one, so it also stands for these names. */
export const requireTenant = (call: Call): string => {
  const { tenantId } = call.world.state;
  if (param(call, 'tenant').toLowerCase() === tenantId || namesNoTenant(call)) return tenantId;
  const message = `Tenant '${param(call, 'tenant')}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
  throw entraRefusal(400, 'invalid_tenant', 90002, message);
};

/** Returns the app with this ID, if the secret is correct. */
export function requireSecret(call: Call, clientId: string, secret: string | undefined): ServicePrincipal {
  const { principals, tenantId } = call.world.state;
  const principal = principals.find((one) => one.appId === clientId);
  if (principal === undefined || principal.kind !== 'Application') {
    const message = `Application with identifier '${clientId}' was not found in the directory '${tenantId}'.`;
    throw entraRefusal(400, 'unauthorized_client', 700016, message);
  }
  if (principal.secret === null || principal.secret !== secret) {
    throw entraRefusal(401, 'invalid_client', 7000215, `Invalid client secret provided for app '${clientId}'.`);
  }
  if (call.world.state.settings.secretsExpired) {
    const message = `The provided client secret keys for app '${clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`;
    throw entraRefusal(401, 'invalid_client', 7000222, message);
  }
  return principal;
}
