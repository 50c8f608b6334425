/** Builds the app package that an administrator uploads: three files at the root of a zip. */
import { readFile } from 'node:fs/promises';
import { type AppManifest, AppManifestUtils } from '@microsoft/app-manifest';
import { strToU8, zipSync } from 'fflate';
import { ownVersion } from '../../config/software.ts';
import { fillManifest, Manifest, type Settings, sampleValuesIn } from './fill-manifest.ts';

const folder = new URL('../../../manifest/', import.meta.url);

/** Builds the package for a tenant, or with `null` for the sandbox tenant. Refuses what Teams would refuse. */
export async function buildPackage(settings: Settings | null) {
  // The repository's manifest is the sandbox tenant's. Its version is the program's.
  const read = Manifest.parse(JSON.parse(await readFile(new URL('manifest.json', folder), 'utf8')));
  const template = { ...read, version: await ownVersion() };
  const manifest = settings === null ? template : fillManifest(template, settings);
  const leftOver = settings === null ? [] : sampleValuesIn(manifest);
  const problems = [
    ...leftOver.map((path) => `manifest ${path}: still has the value of the template`),
    ...(await validateManifest(manifest)).map((broken) => `manifest ${broken}`),
  ];
  if (problems.length > 0) return { kind: 'refused' as const, problems };
  const files = {
    'manifest.json': strToU8(`${JSON.stringify(manifest, null, 2)}\n`),
    'color.png': await readFile(new URL('color.png', folder)),
    'outline.png': await readFile(new URL('outline.png', folder)),
  };
  // Deterministic: the date is in local time as in the zip format, and nothing is compressed, because compressors differ.
  return { kind: 'built' as const, bytes: zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) }) };
}

/**
 * Returns the violated rules of Microsoft's own schemas, which are in the package: no network; empty: valid. The package uses
 * fs-extra without declaring it; botbuilder provides it.
 */
export function validateManifest(manifest: Manifest): Promise<string[]> {
  // The validation itself checks the type.
  return AppManifestUtils.validateAgainstSchema(manifest as unknown as AppManifest);
}
