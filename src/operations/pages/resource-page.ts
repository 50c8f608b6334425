import { done, type Outcome } from '../../domain/failure.ts';
import { armIdParts } from '../../domain/ids.ts';
import type { ObservedResource } from '../../domain/observed.ts';
import type { ResourceRef } from '../../domain/plan.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import { chooseResource } from '../choose.ts';
import type { Form } from '../form.ts';
import { Resource } from '../resources/registry.ts';
import { answerOn, type Page } from './page.ts';

export const listedAgents = 15;

export const resourcePage: Page<ResourceRef> = {
  name: 'resource',
  label: 'Agent',
  dependsOn: [],
  answer: Resource,
  typed: ({ resource }) => (resource === undefined ? null : { resource }),
  async take(_form, inputs, { azure }) {
    const chosen = await chooseResource(azure, inputs.resource);
    return chosen.kind === 'refused' ? chosen : { kind: chosen.value.kind, id: chosen.value.id };
  },
  async facts(form, { azure }) {
    const chosen = answerOn(form, resourcePage);
    const [resources, resource] = await Promise.all([
      azure.inventory.resources('', listedAgents + 1),
      chosen === null ? done(null) : azure.resources.get(chosen),
    ]);
    if (!resources.ok) return resources;
    return done({
      page: 'resource',
      resources: resources.value.slice(0, listedAgents),
      more: resources.value.length > listedAgents,
      resource: resource.ok ? resource.value : null,
    });
  },
};

export async function readResource(form: Form, azure: Azure): Promise<Outcome<ObservedResource> | Refusal> {
  const ref = answerOn(form, resourcePage);
  if (ref === null) return refuse('choice-missing');
  const resource = await azure.resources.get(ref);
  if (!resource.ok) return resource;
  return resource.value === null ? refuse('unknown-resource', armIdParts(ref.id).name) : done(resource.value);
}
