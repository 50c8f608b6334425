import { armRefusal } from '../http/reply.ts';

interface Region {
  readonly name: string;
  readonly displayName: string;
}

/** Regions of the simulator, from Microsoft's list. */
export const regions: readonly Region[] = [
  'East US',
  'East US 2',
  'West US 2',
  'North Europe',
  'West Europe',
  'UK South',
  'Sweden Central',
].map((displayName) => ({ name: displayName.toLowerCase().replaceAll(' ', ''), displayName }));

/** Normalizes a location for storage and comparison: lower case, no spaces. */
export const plainLocation = (location: string): string => location.toLowerCase().replaceAll(' ', '');

interface Placed {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
}

/** Refuses to move a resource to another region, and unknown regions. Real codes and texts (public reports). */
export const requireLocation = (existing: Placed | undefined, wanted: string, type: string): void => {
  const location = plainLocation(wanted);
  if (existing !== undefined && location !== existing.location) {
    throw armRefusal(
      409,
      'InvalidResourceLocation',
      `The resource '${existing.name}' already exists in location '${existing.location}' in resource group '${existing.resourceGroup}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    );
  }
  if (regions.some((one) => one.name === location)) return;
  throw armRefusal(
    400,
    'LocationNotAvailableForResourceType',
    `The provided location '${wanted}' is not available for resource type '${type}'. List of available regions for the resource type is '${regions.map((one) => one.name).join(',')}'.`,
  );
};
