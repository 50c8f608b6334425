import { valueOrThrow } from '../../domain/failure.ts';
import { armIdParts } from '../../domain/ids.ts';
import type { ObservedResource } from '../../domain/observed.ts';
import type { ResourceRef } from '../../domain/plan.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import { chooseResource } from '../choose.ts';
import type { Form } from '../form.ts';
import { Resource } from '../resources/registry.ts';
import { answerOn, type Page } from './page.ts';

export const mostListed = 15;

export const resourcePage: Page<ResourceRef> = {
  name: 'resource',
  label: 'Resource',
  dependsOn: [],
  answer: Resource,
  typed: ({ resource }) => (resource === undefined ? null : { resource }),
  async take(_form, inputs, { azure }) {
    const chosen = await chooseResource(azure, inputs.resource);
    return isRefusal(chosen) ? chosen : { kind: chosen.kind, id: chosen.id };
  },
  async facts(form, { azure }) {
    const chosen = answerOn(form, resourcePage);
    const [listed, resource] = await Promise.all([
      azure.inventory.resources('', mostListed + 1),
      chosen && azure.resources.get(chosen),
    ]);
    const resources = valueOrThrow(listed);
    return {
      page: 'resource',
      resources: resources.slice(0, mostListed),
      more: resources.length > mostListed,
      kinds: azure.inventory.kinds,
      resource: resource?.ok ? resource.value : null,
    };
  },
};

export async function readResource(form: Form, azure: Azure): Promise<ObservedResource | Refusal> {
  const ref = answerOn(form, resourcePage);
  if (ref === null) return refuse('choice-missing');
  const resource = valueOrThrow(await azure.resources.get(ref));
  return resource ?? refuse('unknown-resource', armIdParts(ref.id).name);
}
