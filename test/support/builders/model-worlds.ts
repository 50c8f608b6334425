/** What the lives of the model are about: requests for two agents, in an Azure that looks one way or another. */
import { sha256 } from '../../../src/domain/canonical-json.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { requestId, resourceId } from './fixtures.ts';
import { planFor, ref, resource, spec, vault } from './plans.ts';

/** What Azure looks like. An approval is no way around the last one. */
export const worlds = [
  'as it was',
  'soft delete is off',
  'the grant is there',
  'access is by policies',
  'the firewall is closed',
] as const;
export type WorldName = (typeof worlds)[number];

/** Whose approval covers what: said here once more, by looking at what each would change. */
export const covers: Readonly<Record<WorldName, readonly WorldName[]>> = {
  'as it was': ['as it was', 'the grant is there'],
  'soft delete is off': ['soft delete is off', 'as it was', 'the grant is there'],
  'the grant is there': ['the grant is there'],
  'access is by policies': ['access is by policies', 'the grant is there'],
  'the firewall is closed': [],
};

/** Two requests for one agent, one for another. */
export const slots = [
  { id: requestId(1), resource: 'bot-care' },
  { id: requestId(2), resource: 'bot-care' },
  { id: requestId(3), resource: 'bot-ward' },
] as const;

function planOf(name: string, world: WorldName): Plan {
  const id = resourceId(name);
  const seen = {
    resource: resource({ id, name }),
    ...(world === 'soft delete is off' ? { vault: vault({ softDelete: false }) } : {}),
    ...(world === 'access is by policies' ? { vault: vault({ access: 'access-policies' }) } : {}),
    ...(world === 'the firewall is closed' ? { vault: vault({ firewall: 'closed' }) } : {}),
    ...(world === 'the grant is there' ? { grantHeld: true } : {}),
  };
  return planFor({ seen, wished: spec({ resource: ref(name) }) });
}

/** By resource and world. */
const plans = new Map<string, { readonly plan: Plan; readonly digest: string }>();
const worldsByDigest = new Map<string, WorldName>();

/** The plan for an agent in a world, and its digest. */
export function planIn(name: string, world: WorldName): { readonly plan: Plan; readonly digest: string } {
  const known = plans.get(`${name} ${world}`) ?? { plan: planOf(name, world), digest: sha256(`${name} ${world}`) };
  plans.set(`${name} ${world}`, known);
  worldsByDigest.set(known.digest, world);
  return known;
}

export function worldOf({ digest }: { readonly digest: string }): WorldName {
  const world = worldsByDigest.get(digest);
  if (world === undefined) throw new Error('no plan of the model');
  return world;
}
