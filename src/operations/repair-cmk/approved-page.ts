/** Page that is never shown: the approved state that the agent returns to, and its key now. */
import { z } from 'zod';
import { ArmId, armIdParts, KeyName, KeyVersion, RequestId } from '../../domain/ids.ts';
import { CustomerKey } from '../../domain/observed.ts';
import { refuse, refuseFailure } from '../../domain/request/refusal.ts';
import { answerOn, type Page } from '../pages/page.ts';
import { resourcePage } from '../pages/resource-page.ts';

const Answer = z.strictObject({
  /** The request that approved and verified it. */
  basis: RequestId,
  /** The agent's key when this was answered; null: a Microsoft-managed key. The approval covers only a change from that key. */
  from: CustomerKey.nullable(),
  vaultId: ArmId,
  keyName: KeyName,
  keyVersion: KeyVersion,
  /** Object ID of the identity that it verified. Missing: not known. */
  approvedIdentity: z.string().optional(),
});

export const approvedPage: Page<z.infer<typeof Answer>> = {
  name: 'version',
  label: 'Approved key',
  automatic: true,
  dependsOn: ['resource'],
  answer: Answer,
  typed: () => ({}),
  async take(form, _inputs, { azure, lastVerified }) {
    const ref = answerOn(form, resourcePage);
    if (ref === null) return refuse('unknown-resource');
    const { name } = armIdParts(ref.id);
    const verified = await lastVerified(ref.id);
    if (verified === null) return refuse('no-approved-state', name);
    const { request: basis, vault: approved, keyName, keyVersion, principalId } = verified;
    const [resource, vault] = await Promise.all([azure.resources.get(ref), azure.vaults.get(approved.id)]);
    if (!resource.ok) return refuseFailure(resource.failure);
    if (!vault.ok) return refuseFailure(vault.failure);
    if (resource.value === null) return refuse('unknown-resource', name);
    if (vault.value === null) return refuse('approved-vault-gone', approved.name);
    const answer = { basis, from: resource.value.customerKey, vaultId: approved.id, keyName, keyVersion };
    return principalId === null ? answer : { ...answer, approvedIdentity: principalId };
  },
  facts: async () => refuse('choice-missing'),
};
