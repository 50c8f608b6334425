/**
 * Settings of the app package, and the manifest filled with them. Apart from the check by Microsoft's package, which only plain Node
 * can load.
 */
import { z } from 'zod';

/** Reserved and sample domains; not longer names, such as `example.com.au`. */
const sampleDomain =
  /(?<![a-z0-9-])(?:localhost|(?:example|contoso|fabrikam|adatum)\.(?:com|org|net|edu)|[a-z0-9-]+\.(?:example|test|invalid|local))(?![a-z0-9.-]*[a-z0-9])/i;

/** Ids of the sandbox tenant, of one repeated digit, and the ascending id. */
const sampleId = /(?<![0-9a-f-])(?:[0-9]0000000-0000-4000-8000-|([0-9a-f])\1{7}-|12345678-1234-)/i;

const replaceMe = /[<>{}]|\byour[-_]|\b(?:todo|tbd|change-?me|placeholder|x{3,})\b/i;

const holdsSampleValue = (text: string): boolean => sampleDomain.test(text) || sampleId.test(text);

const missing = (what: string): string => `is missing; ${what}`;
const isReal = (value: string): boolean => !holdsSampleValue(value) && !replaceMe.test(value);
const placeholder = { error: (issue: { input?: unknown }) => `${issue.input} is a placeholder; give the real value` };

/** A required value. The placeholder check comes before the format check. */
const given = (what: string) =>
  z
    .string({ error: missing(what) })
    .trim()
    .min(1, missing(what))
    .refine(isReal, { ...placeholder, abort: true });

const page = (what: string) =>
  given(`the https address of ${what}`).pipe(
    z.url({ protocol: /^https$/, error: 'must be an https address' }).max(2048, 'must have at most 2048 characters'),
  );

const hostName = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/** All variables. The first two are the bot's own. */
const Settings = z.object({
  MicrosoftAppId: given("the bot's application (client) id")
    .toLowerCase()
    .pipe(z.guid('must be an id such as Entra shows it')),
  MicrosoftAppType: z.enum(['SingleTenant', 'UserAssignedMSI'], 'must be SingleTenant or UserAssignedMSI').optional(),
  CMK_PUBLIC_HOST: given('the host name under which Teams reaches the bot')
    .toLowerCase()
    .pipe(z.string().regex(hostName, 'must be a host name alone, without scheme, port or path')),
  CMK_DEVELOPER_NAME: given('the organisation that runs the bot').max(32, 'must have at most 32 characters'),
  CMK_WEBSITE_URL: page('a page where people find help'),
  CMK_PRIVACY_URL: page('the privacy statement'),
  CMK_TERMS_URL: page('the terms of use'),
});
export type Settings = z.infer<typeof Settings>;
type Variable = keyof Settings;

export const optionOf: Readonly<Record<Variable, string>> = {
  MicrosoftAppId: 'app-id',
  MicrosoftAppType: 'app-type',
  CMK_PUBLIC_HOST: 'host',
  CMK_DEVELOPER_NAME: 'developer-name',
  CMK_WEBSITE_URL: 'website-url',
  CMK_PRIVACY_URL: 'privacy-url',
  CMK_TERMS_URL: 'terms-url',
};
const variables = Settings.keyof().options;

type Given = Readonly<Record<string, string | undefined>>;

/** Reads each value from the options, else from the environment. Empty means missing. */
export function readSettings(options: Given, environment: Given) {
  const values = variables.map((variable) => [variable, options[optionOf[variable]] || environment[variable]] as const);
  const read = Settings.safeParse(Object.fromEntries(values.filter(([, value]) => value)));
  if (read.success) return { kind: 'settings' as const, settings: read.data };
  const named = z.object({ path: z.tuple([Settings.keyof()]), message: z.string() });
  const problems = read.error.issues.map((issue) => {
    const { path, message } = named.parse(issue);
    return `${path[0]} (--${optionOf[path[0]]}): ${message}`;
  });
  return { kind: 'refused' as const, problems };
}

/** Fields that are read or replaced; the rest is unchanged. */
export const Manifest = z.looseObject({
  $schema: z.string(),
  manifestVersion: z.string(),
  id: z.string(),
  developer: z.looseObject({ name: z.string() }),
  bots: z.array(z.looseObject({ botId: z.string() })),
  webApplicationInfo: z.object({ id: z.string(), resource: z.string() }).optional(),
  validDomains: z.array(z.string()),
});
export type Manifest = z.infer<typeof Manifest>;

/**
 * Fills the manifest. Bot, app and sign-in share one id. A managed identity has no app registration, so its manifest has no
 * sign-in.
 */
export function fillManifest(template: Manifest, settings: Settings): Manifest {
  const { MicrosoftAppId: id, MicrosoftAppType: type } = settings;
  const { webApplicationInfo: _ofTemplate, ...rest } = template;
  return {
    ...rest,
    id,
    developer: {
      ...template.developer,
      name: settings.CMK_DEVELOPER_NAME,
      websiteUrl: settings.CMK_WEBSITE_URL,
      privacyUrl: settings.CMK_PRIVACY_URL,
      termsOfUseUrl: settings.CMK_TERMS_URL,
    },
    bots: template.bots.map((bot) => ({ ...bot, botId: id })),
    ...(type === 'UserAssignedMSI' ? {} : { webApplicationInfo: { id, resource: `api://botid-${id}` } }),
    validDomains: [settings.CMK_PUBLIC_HOST],
  };
}

/** Returns paths with sample values, such as `bots.0.botId`: fields that were added only to the template. */
export function sampleValuesIn(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === 'string') return holdsSampleValue(value) ? [path.join('.')] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => sampleValuesIn(inner, [...path, name]));
}
