/** What keeps a form from leading anywhere, as soon as the pages so far show it: people choose nothing in vain. */
import type { Check } from '../domain/check.ts';
import type { RequestId } from '../domain/ids.ts';
import { hasFailed, type ObservedResource } from '../domain/observed.ts';
import { termsFor } from '../domain/policy/policy.ts';
import { isRefusal, type Refusal } from '../domain/request/refusal.ts';
import { judgeFirstKey, judgeResource } from '../domain/resource-checks.ts';
import { isUsable, judgeVaults } from './choose.ts';
import type { CommandPorts } from './commands/command.ts';
import type { Form } from './form.ts';
import type { Operation } from './operation.ts';
import type { FactsOf, PageFacts } from './pages/page.ts';
import { resourcePage } from './pages/resource-page.ts';
import { vaultPage } from './pages/vault-page.ts';
import { operationNamed } from './registry.ts';
import { kindNamed } from './resources/registry.ts';

/** Why no request can be made for the resource now, whatever else is chosen. */
export interface Obstacle {
  readonly blocks: readonly Check[];
  /** Another open request for it. */
  readonly openRequest: RequestId | null;
}

/** A page with what it shows. The form can be on an earlier page than it was. */
export interface ShownPage {
  readonly form: Form;
  readonly facts: PageFacts;
  readonly obstacle: Obstacle;
}

export const noObstacle: Obstacle = { blocks: [], openRequest: null };

function resourceBlocks({ startsFrom }: Pick<Operation, 'startsFrom'>, resource: ObservedResource): readonly Check[] {
  const { customerKey: key, provisioningState, kind } = resource;
  const blocks = judgeResource(resource, { kind: kindNamed(kind), own: null }).filter(
    ({ outcome }) => outcome === 'block',
  );
  // After a failed change, the same key can be set again.
  return key === null || startsFrom !== 'microsofts-key' || hasFailed(provisioningState)
    ? blocks
    : [...blocks, judgeFirstKey(key)];
}

async function obstacleTo(
  { operation, changes }: Form,
  resource: ObservedResource,
  { requests }: Pick<CommandPorts, 'requests'>,
): Promise<Obstacle> {
  if (changes !== null) return noObstacle;
  const openRequest = await requests.openFor(resource.id);
  return { blocks: resourceBlocks(operationNamed(operation), resource), openRequest };
}

const isThere = ({ blocks, openRequest }: Obstacle): boolean => blocks.length > 0 || openRequest !== null;

function canHoldKey({ resource, vault }: FactsOf<'key'>, { tenantId, policy }: CommandPorts): boolean {
  const by = { tenantId, kind: kindNamed(resource.kind), terms: termsFor(policy, resource) };
  return judgeVaults([vault], resource, by).every(isUsable);
}

/** The page to go back to with another answer. */
async function earlierPage(
  form: Form,
  obstacle: Obstacle,
  page: typeof resourcePage | typeof vaultPage,
  ports: CommandPorts,
): Promise<ShownPage | Refusal> {
  const facts = await page.facts(form, ports);
  if (isRefusal(facts)) return facts;
  return { form: { ...form, page: page.name, revision: form.revision + 1 }, facts, obstacle };
}

/** The form's page; an earlier one where what was chosen there leads nowhere. The review shows everything by itself. */
export async function shownPage(form: Form, facts: PageFacts, ports: CommandPorts): Promise<ShownPage | Refusal> {
  const shown = { form, facts, obstacle: noObstacle };
  if (!('resource' in facts) || facts.resource === null) return shown;
  const obstacle = await obstacleTo(form, facts.resource, ports);
  if (facts.page === 'resource') return { ...shown, obstacle };
  if (isThere(obstacle)) return earlierPage(form, obstacle, resourcePage, ports);
  if (facts.page !== 'key' || canHoldKey(facts, ports)) return shown;
  return earlierPage(form, noObstacle, vaultPage, ports);
}
