/** Fills the app manifest with the values of one tenant. */
import { z } from 'zod';
import type { Settings } from './settings.ts';
import { holdsSampleValue } from './settings.ts';

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
