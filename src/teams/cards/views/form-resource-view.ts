import { armIdParts, sameArmId } from '../../../domain/ids.ts';
import type { ObservedResource } from '../../../domain/observed.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import type { Obstacle } from '../../../operations/obstacle.ts';
import { isFor } from '../../../operations/operation.ts';
import type { FactsOf } from '../../../operations/pages/page.ts';
import { operationNamed } from '../../../operations/registry.ts';
import { checkWords, openRequestWords } from '../../../text/checks.ts';
import { regionWords } from '../../../text/places.ts';
import { countOf } from '../../../text/words.ts';
import { bold, type CardText, date, joinText, label, md, nothing, plain, sentences, withDates } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { fact } from '../row.ts';
import { formHeaderOf, keyNow } from './parts.ts';

type Facts = FactsOf<'resource'>;

const isSameText = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** The title of a resource in the list. If its name repeats, it contains the group; if that repeats too, the subscription. */
export function resourceTitle(resource: Facts['resources'][number], all: Facts['resources']): string {
  const named = all.filter((other) => isSameText(other.name, resource.name));
  const inGroup = named.filter((other) => isSameText(other.resourceGroup, resource.resourceGroup));
  return [
    resource.name,
    ...(named.length > 1 ? [resource.resourceGroup] : []),
    ...(inGroup.length > 1 ? [`subscription ${resource.subscriptionId}`] : []),
    regionWords(resource.location),
    resource.underCustomerKey ? 'customer-managed' : 'Microsoft-managed',
  ].join(' · ');
}

function resourceFacts(resource: ObservedResource) {
  const identity = resource.systemAssigned
    ? 'system-assigned'
    : resource.userAssignedIds.length > 0
      ? 'user-assigned'
      : 'none yet';
  const { resourceGroup, subscriptionId } = armIdParts(resource.id);
  return [
    fact('Resource group', plain(resourceGroup)),
    fact('Subscription ID', plain(subscriptionId)),
    fact('Key now', md`**${keyNow(resource.customerKey)}**`),
    fact('Region', plain(regionWords(resource.location))),
    fact('Created', resource.createdAt === null ? plain('unknown') : date(new Date(resource.createdAt))),
    fact('Identity', plain(identity)),
  ];
}

/** Why no request leads on from here. */
function obstacleWords({ blocks, openRequest }: Obstacle): CardText {
  const all = [...(openRequest === null ? [] : [openRequestWords(openRequest)]), ...blocks.map(checkWords)];
  return joinText(
    all.map(
      ({ title, text, remedy }) => md`${bold(title)} ${withDates(joinText([sentences(text), sentences(remedy)], ' '))}`,
    ),
    '\n\n',
  );
}

const coverage = (count: number, more: boolean): string =>
  more
    ? `${countOf(count, 'resource', 'resources')} listed. Type to find others; a new one can take some minutes to be found.`
    : `The bot can read ${countOf(count, 'resource', 'resources')}.`;

export function resourcePageCard(
  form: Form,
  { resources, more, kinds, resource }: Facts,
  obstacle: Obstacle,
  problem: Refusal | null,
): AdaptiveCard {
  const listed = resources.map((one) => ({ title: label(resourceTitle(one, resources)), value: one.id as string }));
  const chosen = resource === null ? [] : listed.filter(({ value }) => sameArmId(value, resource.id));
  const unlisted =
    resource === null || chosen.length > 0 ? [] : [{ title: label(resource.name), value: resource.id as string }];
  const operation = operationNamed(form.operation);
  const { question, verdicts } = operation.words;
  const blocked = obstacleWords(obstacle);
  const usable = resource !== null && isFor(operation, resource) && blocked === '';
  const instead = operationNamed(operation.instead).words.offer;
  const isOther = resource !== null && !isFor(operation, resource);
  return renderCard('form-resource', {
    ...formHeaderOf(form, problem),
    question: plain(question),
    choices: more ? [...unlisted, ...chosen, ...listed].slice(0, 1) : [...unlisted, ...listed],
    searched: more,
    selected: [...unlisted, ...chosen][0]?.value ?? '',
    facts: resource === null ? [] : resourceFacts(resource),
    verdict: resource === null || blocked !== '' ? nothing : plain(usable ? verdicts.fits : verdicts.unfit),
    blocked,
    instead: label(blocked !== '' && isOther ? instead : ''),
    verdictColor: usable ? 'Good' : 'Warning',
    coverage:
      resources.length === 0
        ? plain(
            `The bot can read no ${kinds.map(({ noun }) => noun).join(' and no ')}: that takes ${kinds.flatMap(({ rights }) => rights.read).join(', ')}.`,
          )
        : plain(coverage(resources.length, more)),
  });
}
