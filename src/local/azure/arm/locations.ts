import { reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { resourcesVersions } from './api-versions.ts';
import { subscriptionScope } from './ids.ts';

interface Region {
  readonly name: string;
  readonly displayName: string;
  readonly area: string;
  readonly geography: string;
  readonly place: string;
  readonly paired: string;
}

const region = (displayName: string, area: string, geography: string, place: string, paired: string): Region => ({
  name: displayName.toLowerCase().replaceAll(' ', ''),
  displayName,
  area,
  geography,
  place,
  paired,
});

/** The regions that there are here, out of Microsoft's list. */
export const regions: readonly Region[] = [
  region('East US', 'US', 'United States', 'Virginia', 'westus'),
  region('East US 2', 'US', 'United States', 'Virginia', 'centralus'),
  region('West US 2', 'US', 'United States', 'Washington', 'westcentralus'),
  region('North Europe', 'Europe', 'Europe', 'Ireland', 'westeurope'),
  region('West Europe', 'Europe', 'Europe', 'Netherlands', 'northeurope'),
  region('UK South', 'Europe', 'United Kingdom', 'London', 'ukwest'),
  region('Sweden Central', 'Europe', 'Sweden', 'Gävle', 'swedensouth'),
];

/** The shape of the 2022-12-01 description (recalled). */
const regionBody = (subscriptionId: string, { name, displayName, area, geography, place, paired }: Region) => ({
  id: `${subscriptionScope(subscriptionId)}/locations/${name}`,
  name,
  type: 'Region',
  displayName,
  regionalDisplayName: `(${area}) ${displayName}`,
  metadata: {
    regionType: 'Physical',
    regionCategory: 'Recommended',
    geography,
    geographyGroup: area,
    physicalLocation: place,
    pairedRegion: [{ name: paired, id: `${subscriptionScope(subscriptionId)}/locations/${paired}` }],
  },
});

export const locationRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/subscriptions/{sub}/locations',
    audience: 'arm',
    versions: resourcesVersions,
    action: 'Microsoft.Resources/subscriptions/locations/read',
    shapeOnly: 'seven regions, the same for every subscription',
    handle: (call: Call) => reply(200, { value: regions.map((one) => regionBody(param(call, 'sub'), one)) }),
  },
];
