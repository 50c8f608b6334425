/** Puts the values of one tenant into the app manifest. */
import { z } from 'zod';
import type { Settings } from './settings.ts';
import { holdsSampleValue } from './settings.ts';

/** The fields that are replaced or looked at; the rest goes through as it stands. */
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
 * The bot, the app and the sign-in share one id. A managed identity has no app registration, so with one nothing is said
 * about sign-in.
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

/** Where a sample's id or domain still stands, such as `bots.0.botId`: a field that was added to the template only. */
export function sampleValuesIn(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === 'string') return holdsSampleValue(value) ? [path.join('.')] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => sampleValuesIn(inner, [...path, name]));
}
