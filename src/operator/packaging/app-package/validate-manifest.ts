/**
 * Validates a manifest with Microsoft's own schemas, which are in the package: no network. The package uses fs-extra without
 * declaring it; botbuilder provides it.
 */
import { type AppManifest, AppManifestUtils } from '@microsoft/app-manifest';
import type { Manifest } from './fill-manifest.ts';

/** Returns the violated rules of the schema; empty: valid. */
export function validateManifest(manifest: Manifest): Promise<string[]> {
  // The validation itself checks the type.
  return AppManifestUtils.validateAgainstSchema(manifest as unknown as AppManifest);
}
