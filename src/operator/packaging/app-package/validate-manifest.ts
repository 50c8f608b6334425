/**
 * Checks a manifest with Microsoft's own schemas, which the package carries: no network. The package uses fs-extra without
 * declaring it; botbuilder brings that.
 */
import { type AppManifest, AppManifestUtils } from '@microsoft/app-manifest';
import type { Manifest } from './fill-manifest.ts';

/** Every rule of the schema that the manifest breaks; empty when it is valid. */
export function validateManifest(manifest: Manifest): Promise<string[]> {
  // The schema's type is what is about to be found out.
  return AppManifestUtils.validateAgainstSchema(manifest as unknown as AppManifest);
}
