import { creationCutoff } from '../../../domain/checks.ts';
import { sameArmId } from '../../../domain/ids.ts';
import type { ObservedResource } from '../../../domain/observed.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import type { PageFacts } from '../../../operations/form-pages.ts';
import { countOf } from '../../../words/count.ts';
import { regionWords } from '../../../words/places.ts';
import { bold, date, label, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { formHeaderOf } from './form-header.ts';
import { keyNow } from './parts.ts';

type Facts = Extract<PageFacts, { page: 'resource' }>;

/** How one agent stands in the list. Names can repeat across groups, so the group tells them apart. */
export const resourceTitle = (
  resource: Facts['resources'][number],
  all: readonly { readonly name: string }[],
): string => {
  const twice = all.filter((other) => other.name === resource.name).length > 1;
  const where = twice
    ? `${resource.resourceGroup} · ${regionWords(resource.location)}`
    : regionWords(resource.location);
  return `${resource.name} · ${where} · ${resource.underCustomerKey ? 'own key' : 'Microsoft-managed'}`;
};

function resourceFacts(resource: ObservedResource) {
  const identity = resource.systemAssigned
    ? 'system-assigned'
    : resource.userAssignedIds.length > 0
      ? 'user-assigned'
      : 'none yet';
  return [
    { title: plain('Key now'), value: bold<string>(keyNow(resource.customerKey)) },
    { title: plain('Region'), value: plain(regionWords(resource.location)) },
    {
      title: plain('Created'),
      value: resource.createdAt === null ? plain('unknown') : date(new Date(resource.createdAt)),
    },
    { title: plain('Identity'), value: plain<string>(identity) },
  ];
}

/** Page 1. */
export function resourcePage(form: Form, { resources, resource }: Facts, problem: Refusal | null): AdaptiveCard {
  const listed = resources.map((one) => ({ title: label(resourceTitle(one, resources)), value: one.id as string }));
  const chosenIsListed = resource === null || listed.some((choice) => sameArmId(choice.value, resource.id));
  const choices = chosenIsListed
    ? listed
    : [{ title: label(resource.name), value: resource.id as string }, ...listed.slice(0, 14)];
  const usable = resource !== null && resource.customerKey === null && (resource.createdAt ?? '') > creationCutoff;
  return renderCard('form-resource', {
    ...formHeaderOf(form, problem),
    choices,
    selected: choices.find((choice) => resource !== null && sameArmId(choice.value, resource.id))?.value ?? '',
    facts: resource === null ? [] : resourceFacts(resource),
    verdict:
      resource === null
        ? nothing
        : plain(usable ? '✓ Can use a customer-managed key' : '△ The review will say what stands in the way'),
    verdictColor: usable ? 'Good' : 'Warning',
    coverage:
      resources.length === 0
        ? plain('The bot can read no healthcare agent service: that takes Microsoft.HealthBot/healthBots/read.')
        : plain<string>(`${countOf(resources.length, 'agent', 'agents')} listed. Type to find others.`),
  });
}
