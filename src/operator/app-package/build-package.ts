/** Builds the app package that an administrator uploads: three files at the root of a zip. */
import { readFile } from 'node:fs/promises';
import { type AppManifest, AppManifestUtils } from '@microsoft/app-manifest';
import { strToU8, zipSync } from 'fflate';
import { ownVersion } from '../../config/software.ts';
import { fillManifest, Manifest, type Settings, sampleValuesIn } from './fill-manifest.ts';

const folder = new URL('../../../manifest/', import.meta.url);

type BuiltPackage =
  | { readonly kind: 'built'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

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
