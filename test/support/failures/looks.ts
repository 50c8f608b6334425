/** Looks that a person waits for, and what they come to: the review of a form, a list, whether somebody may. */

import { approversGroup } from '../../../sandbox/people.ts';
import { catchFailure, codeOf, type Failure, type Outcome } from '../../../src/domain/failure.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import { blocksOf } from '../../../src/domain/plan.ts';
import type { Azure } from '../../../src/domain/ports/azure.ts';
import { type Refusal, refuse, refuseFailure } from '../../../src/domain/request/refusal.ts';
import { operationOf } from '../../../src/operations/registry.ts';
import { checkWords } from '../../../src/text/checks.ts';
import { refusalWords } from '../../../src/text/refusals.ts';
import { approver, tenant } from '../builders/fixtures.ts';
import { termsOf } from '../builders/policies.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { type WishName, wishNamed } from './azure-under-run.ts';
import type { Looked } from './failure-row.ts';
import { connected } from './run-under-trouble.ts';

const fine: Looked = { ends: 'continues', code: null, says: '', remedy: '' };

function refused(failure: Failure, refusal: Refusal): Looked {
  const { title, text } = refusalWords(refusal);
  // Azure's own words may name what is different each time.
  const isOwn = failure.source === 'bot' || failure.message === '';
  const remedy = isOwn ? text : text.replace(/(?<=^[^:]+: ).*(?= Nothing was changed\.)/s, '…');
  return { ends: 'is refused', code: codeOf(failure), says: title, remedy };
}

const orRefused = (outcome: Outcome<unknown>): Looked =>
  outcome.ok ? fine : refused(outcome.failure, refuseFailure(outcome.failure));

/** The last page of a form: everything that a plan rests on is looked at, and judged. */
export const reviewOf =
  (name: WishName) =>
  async (azure: AzureUnderRun): Promise<Looked> => {
    const wish = await wishNamed(name, azure);
    const operation = operationOf(wish);
    const seen = await catchFailure(() => operation.observe(connected(azure.running), wish, null));
    if (!seen.ok) return orRefused(seen);
    const context = { tenantId: tenant, policyVersion: 'p1', terms: termsOf(), now: new Date(), own: null };
    const plan = operation.plan(wish, seen.value, context);
    const warnings = plan.checks.filter(({ outcome }) => outcome === 'warn');
    const [block] = blocksOf(plan);
    if (block !== undefined) {
      const { title, remedy } = checkWords(block);
      return { ends: 'is refused', code: block.code, says: title, remedy };
    }
    return { ...fine, says: warnings.map((one) => checkWords(one).title).join(' ') };
  };

export const listOf =
  (list: (azure: Azure) => Promise<Outcome<unknown>>) =>
  async ({ running }: AzureUnderRun): Promise<Looked> =>
    orRefused(await list(connected(running)));

export const membership = async ({ running }: AzureUnderRun): Promise<Looked> => {
  const found = await connected(running).groups.memberOf(PersonId.parse(approver), [approversGroup.id]);
  if (found.ok) return fine;
  return refused(found.failure, { ...refuse('cannot-check-membership'), failure: found.failure });
};
