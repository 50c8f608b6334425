/** Builds the app package that an administrator uploads: three files at the root of a zip. */
import { readFile } from 'node:fs/promises';
import { type AppManifest, AppManifestUtils } from '@microsoft/app-manifest';
import { strToU8, zipSync } from 'fflate';
import { z } from 'zod';
import { ownVersion } from '../../../config/software.ts';
import { holdsSampleValue, type Settings } from './settings.ts';

const folder = new URL('../../../../manifest/', import.meta.url);

export type BuiltPackage =
  | { readonly kind: 'built'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

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
function fillManifest(template: Manifest, settings: Settings): Manifest {
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

/** Reads the repository's manifest, which is the sandbox tenant's. Its version is the program's. */
async function readTemplate(): Promise<Manifest> {
  const template = Manifest.parse(JSON.parse(await readFile(new URL('manifest.json', folder), 'utf8')));
  return { ...template, version: await ownVersion() };
}

/**
 * Returns a deterministic zip: the date is in local time as in the zip format, and nothing is compressed, because compressors
 * differ.
 */
const zip = (files: Record<string, Uint8Array>): Uint8Array =>
  zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });

/** Builds the package for a tenant, or with `null` for the sandbox tenant. Refuses what Teams would refuse. */
export async function buildPackage(settings: Settings | null): Promise<BuiltPackage> {
  const template = await readTemplate();
  const manifest = settings === null ? template : fillManifest(template, settings);
  const leftOver = settings === null ? [] : sampleValuesIn(manifest);
  const problems = [
    ...leftOver.map((path) => `manifest ${path}: still has the value of the template`),
    ...(await validateManifest(manifest)).map((broken) => `manifest ${broken}`),
  ];
  if (problems.length > 0) return { kind: 'refused', problems };
  const bytes = zip({
    'manifest.json': strToU8(`${JSON.stringify(manifest, null, 2)}\n`),
    'color.png': await readFile(new URL('color.png', folder)),
    'outline.png': await readFile(new URL('outline.png', folder)),
  });
  return { kind: 'built', bytes };
}

/**
 * Returns the violated rules of Microsoft's own schemas, which are in the package: no network; empty: valid. The package uses
 * fs-extra without declaring it; botbuilder provides it.
 */
export function validateManifest(manifest: Manifest): Promise<string[]> {
  // The validation itself checks the type.
  return AppManifestUtils.validateAgainstSchema(manifest as unknown as AppManifest);
}
