import type { Call } from '../http/router.ts';
import type { ServicePrincipal } from '../state/schema-directory.ts';
import { entraRefusal } from './entra-refusal.ts';

/** The app with this id, if that is its secret. */
export function requireSecret(call: Call, clientId: string, secret: string | undefined): ServicePrincipal {
  const { principals, tenantId } = call.world.state;
  const principal = principals.find((one) => one.appId === clientId);
  if (principal === undefined || principal.kind !== 'Application') {
    throw entraRefusal(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${tenantId}'.`,
    );
  }
  if (principal.secret === null || principal.secret !== secret) {
    throw entraRefusal(401, 'invalid_client', 7000215, `Invalid client secret provided for app '${clientId}'.`);
  }
  if (call.world.state.settings.secretsExpired) {
    throw entraRefusal(
      401,
      'invalid_client',
      7000222,
      `The provided client secret keys for app '${clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    );
  }
  return principal;
}
