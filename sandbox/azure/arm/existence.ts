/** What a path must name, and where: the refusals of paths to what is not there. */

import { Refusal } from '../../http.ts';
import type { SimulatorState } from '../state/schema.ts';
import { plainLocation, sameId } from './ids.ts';

/** Checked before permissions, because no caller has any in an unknown subscription. Real code and text. */
export const requireSubscription = (state: SimulatorState, path: string): void => {
  const [, id] = /^\/subscriptions\/([^/]+)/i.exec(path) ?? [];
  if (id === undefined || state.subscriptions.some((one) => sameId(one.id, id))) return;
  throw Refusal.of(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`);
};

/** Real code; the text is from public reports. */
export const requireGroup = (state: SimulatorState, path: string): void => {
  const [, subscriptionId, group] = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)/i.exec(path) ?? [];
  if (subscriptionId === undefined || group === undefined) return;
  const known = state.resourceGroups.some(
    (one) => sameId(one.subscriptionId, subscriptionId) && sameId(one.name, group),
  );
  if (!known) throw Refusal.of(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
};

/** Real code; text from memory. */
export const resourceNotFound = (path: string): Refusal => {
  const parts = /\/resourceGroups\/([^/]+)\/providers\/(.+)$/i.exec(path);
  const [, group = '', rest = ''] = parts ?? [];
  return Refusal.of(
    404,
    'ResourceNotFound',
    `The Resource '${rest}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
};

interface Placed {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
}

/** Refuses to move a resource to another region. Real code and text (public reports). */
export const requireSameLocation = (existing: Placed | undefined, wanted: string): void => {
  const location = plainLocation(wanted);
  if (existing === undefined || location === existing.location) return;
  const message = `The resource '${existing.name}' already exists in location '${existing.location}' in resource group '${existing.resourceGroup}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`;
  throw Refusal.of(409, 'InvalidResourceLocation', message);
};
