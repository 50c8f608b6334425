import { creationCutoff } from '../../../domain/checks.ts';
import { sameArmId } from '../../../domain/ids.ts';
import type { ObservedAgent } from '../../../domain/observed.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import type { PageFacts } from '../../../operations/form-pages.ts';
import { countOf } from '../../../words/count.ts';
import { regionWords } from '../../../words/places.ts';
import { bold, date, label, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { formHeaderOf } from './form-header.ts';
import { keyNow } from './parts.ts';

type Facts = Extract<PageFacts, { page: 'agent' }>;

/** How one agent stands in the list. Names can repeat across groups, so the group tells them apart. */
export const agentTitle = (agent: Facts['agents'][number], all: readonly { readonly name: string }[]): string => {
  const twice = all.filter((other) => other.name === agent.name).length > 1;
  const where = twice ? `${agent.resourceGroup} · ${regionWords(agent.location)}` : regionWords(agent.location);
  return `${agent.name} · ${where} · ${agent.underCustomerKey ? 'own key' : 'Microsoft-managed'}`;
};

function agentFacts(agent: ObservedAgent) {
  const identity = agent.systemAssigned
    ? 'system-assigned'
    : agent.userAssignedIds.length > 0
      ? 'user-assigned'
      : 'none yet';
  return [
    { title: plain('Key now'), value: bold<string>(keyNow(agent.customerKey)) },
    { title: plain('Region'), value: plain(regionWords(agent.location)) },
    { title: plain('Created'), value: agent.createdAt === null ? plain('unknown') : date(new Date(agent.createdAt)) },
    { title: plain('Identity'), value: plain<string>(identity) },
  ];
}

/** Page 1. */
export function agentPage(form: Form, { agents, agent }: Facts, problem: Refusal | null): AdaptiveCard {
  const listed = agents.map((one) => ({ title: label(agentTitle(one, agents)), value: one.id as string }));
  const chosenIsListed = agent === null || listed.some((choice) => sameArmId(choice.value, agent.id));
  const choices = chosenIsListed
    ? listed
    : [{ title: label(agent.name), value: agent.id as string }, ...listed.slice(0, 14)];
  const usable = agent !== null && agent.customerKey === null && (agent.createdAt ?? '') > creationCutoff;
  return renderCard('form-agent', {
    ...formHeaderOf(form, problem),
    choices,
    selected: choices.find((choice) => agent !== null && sameArmId(choice.value, agent.id))?.value ?? '',
    facts: agent === null ? [] : agentFacts(agent),
    verdict:
      agent === null
        ? nothing
        : plain(usable ? '✓ Can use a customer-managed key' : '△ The review will say what stands in the way'),
    verdictColor: usable ? 'Good' : 'Warning',
    coverage:
      agents.length === 0
        ? plain('The bot can read no healthcare agent service: that takes Microsoft.HealthBot/healthBots/read.')
        : plain<string>(`${countOf(agents.length, 'agent', 'agents')} listed. Type to find others.`),
  });
}
