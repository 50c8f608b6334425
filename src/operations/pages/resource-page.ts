import { done } from '../../domain/failure.ts';
import type { ResourceRef } from '../../domain/plan.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { chooseResource } from '../choose.ts';
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
    if (inputs.resource.trim() === '') return refuse('choice-missing');
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
