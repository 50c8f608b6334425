/** Texts for regions, IDs and scopes of Azure. */
import { armTypeOf } from '../domain/ids.ts';
import type { Plan } from '../domain/plan.ts';
import { kindNamed, kinds, usualKinds } from '../operations/resources/registry.ts';

const parts =
  /(north|south|east|west|central|europe|asia|us|uk|india|japan|korea|australia|brazil|canada|france|germany|norway|sweden|switzerland|italy|poland|spain|uae|qatar|israel|mexico|southafrica|\d+)/g;
const upper = new Set(['us', 'uk', 'uae']);

/** `westeurope` is `West Europe`; returns an unknown region unchanged. */
export function regionWords(location: string): string {
  const found = location.match(parts) ?? [];
  if (found.join('') !== location) return location;
  return found
    .map((part) => (upper.has(part) ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.slice(1)))
    .join(' ');
}

/** The first eight digits of a key version, which are enough to distinguish versions. */
export const shortVersion = (version: string): string => version.slice(0, 8);

/** `group rg-research of subscription 4000…`: the location of the resource with this ARM ID. */
export function placeWords(id: string): string {
  const [, , subscription = '', , group = ''] = id.split('/');
  return `group ${group} of subscription ${subscription}`;
}

/** `storage account stcare`; only the name of a resource of a usual kind. Resources of two kinds can have one name. */
export function resourceTitle({ observation: { resource } }: Plan): string {
  const { noun, type } = kindNamed(resource.kind);
  return usualKinds.includes(type.toLowerCase()) ? resource.name : `${noun} ${resource.name}`;
}

/** `key cmk-triage in kv-care-prod`, `agent triage-agent-prod`, `group rg-care-prod`: a short name for an ARM scope. */
export function scopeWords(scope: string): string {
  // The scope of a role assignment is what it is assigned on.
  const at = scope.replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/[^/]+$/i, '');
  const [, , , , group, , , ...resource] = at.split('/');
  if (/^vaults$/i.test(resource[0] ?? '') && /^keys$/i.test(resource[2] ?? ''))
    return `key ${resource[3]} in ${resource[1]}`;
  const nouns = [
    ...kinds.map(({ type, short }) => [type.toLowerCase(), short]),
    ['microsoft.keyvault/vaults', 'vault'],
  ];
  const [, noun] = (resource.length === 2 && nouns.find(([type]) => type === armTypeOf(at))) || [];
  if (resource.length > 0) return `${noun ?? 'resource'} ${resource.at(-1)}`;
  if (group !== undefined) return `group ${group}`;
  return /^\/subscriptions\/[^/]+$/i.test(at) ? `subscription ${at.split('/')[2]}` : at;
}
