/** Which names of variables are settings, and which setting a mistyped name stands for. */
import { closestMatch } from 'leven';
import { environmentSchema } from './environment.ts';

type Variables = Readonly<Record<string, string | undefined>>;
type Mistake = readonly [name: string, message: string];

const settings: readonly string[] = Object.keys(environmentSchema.shape);

/** Of `npm run package`, which shares the environment of a shell with the bot. */
const ofTheAppPackage = [
  'CMK_DEVELOPER_NAME',
  'CMK_PRIVACY_URL',
  'CMK_PUBLIC_HOST',
  'CMK_TERMS_URL',
  'CMK_WEBSITE_URL',
];

/** Of `infra`: what `azd env get-values` puts into a shell beside settings of the bot. A test compares. */
const ofTheDeployment = [
  'CMK_ADMIN_ID',
  'CMK_ADMIN_IP',
  'CMK_ADMIN_NAME',
  'CMK_ADMIN_TYPE',
  'CMK_ALERT_EMAIL',
  'CMK_ANCHOR_ACCOUNT',
  'CMK_ANCHOR_CONTAINER',
  'CMK_ANCHOR_DAYS',
  'CMK_ANCHOR_LOCKED',
  'CMK_ASSIGN_ROLES',
  'CMK_AUDITORS',
  'CMK_AUDITOR_ADDRESSES',
  'CMK_BASE_IMAGE',
  'CMK_BOT_CLIENT_ID',
  'CMK_BOT_IDENTITY',
  'CMK_BOT_PRINCIPAL_ID',
  'CMK_DATABASE',
  'CMK_DATABASE_GEO_BACKUP',
  'CMK_DATABASE_HIGH_AVAILABILITY',
  'CMK_DATABASE_HOST',
  'CMK_DATABASE_SERVER',
  'CMK_DATABASE_SERVER_ID',
  'CMK_DATABASE_SKU',
  'CMK_DATABASE_STORAGE_GIB',
  'CMK_DATABASE_TIER',
  'CMK_DELETE_LOCK',
  'CMK_HOST',
  'CMK_IMAGE',
  'CMK_LOG_DAYS',
  'CMK_MIGRATE',
  'CMK_OWNER_IDENTITY',
  'CMK_OWNER_PRINCIPAL_ID',
  'CMK_POLICY',
  'CMK_REGISTRY',
  'CMK_ROLE_ID',
  'CMK_ROLE_SUBSCRIPTIONS',
  'CMK_STORAGE_SKU',
  'CMK_TAGS',
  'CMK_VAULT',
  'CMK_VAULT_SETTINGS',
  'CMK_WAIT',
  'CMK_WORKSPACE_ID',
  'CMK_ZONE_REDUNDANT',
];

/** Names that aren't settings and are there for a reason. */
export const otherNames: ReadonlySet<string> = new Set([...ofTheAppPackage, ...ofTheDeployment]);

/** Of the sandbox and of tests. */
const otherPrefixes = /^CMK_(LOCAL|TEST|CRASH|FUZZ|PROPERTY)_/;

/**
 * What Kubernetes sets in each container for a service called `cmk-…`, such as `CMK_BOT_SERVICE_HOST` and
 * `CMK_BOT_PORT_3978_TCP` ("Service", discovering services by environment variables).
 */
function isOfService(name: string, variables: Variables): boolean {
  const [, service] = /^(CMK_.+?)_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/.exec(name) ?? [];
  return service !== undefined && variables[`${service}_SERVICE_HOST`] !== undefined;
}

/** Prefixes that settings share with variables of other programs: only a name that is nearly a setting's is mistyped. */
const shared = /^(MicrosoftApp|ToBotFrom|ToChannelFrom|AZURE_|OTEL_)/i;
const sharedDistance = 2;

/** The setting whose name differs least, in letters of any case; null where none is near. */
function nearestSetting(name: string, maxDistance: number): string | null {
  const byLower = new Map(settings.map((one) => [one.toLowerCase(), one]));
  return byLower.get(closestMatch(name.toLowerCase(), [...byLower.keys()], { maxDistance }) ?? '') ?? null;
}

function mistakeIn(name: string, variables: Variables): readonly Mistake[] {
  if (settings.includes(name)) return [];
  if (shared.test(name)) {
    const meant = nearestSetting(name, sharedDistance);
    return meant === null ? [] : [[name, `isn’t a setting. Did you mean ${meant}?`]];
  }
  if (!/^cmk_/i.test(name) || otherNames.has(name) || otherPrefixes.test(name) || isOfService(name, variables))
    return [];
  const meant = nearestSetting(name, Math.floor(name.length / 3));
  const advice = meant === null ? 'docs/configuration.md has all settings' : `Did you mean ${meant}?`;
  return [[name, `isn’t a setting. ${advice}`]];
}

/** Variables that look like settings and aren't: what they say would count for nothing. */
export const mistypedNames = (variables: Variables): readonly Mistake[] =>
  Object.keys(variables).flatMap((name) => mistakeIn(name, variables));
