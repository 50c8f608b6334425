/** Pages of forms, with what is found, missing or wrong. */
import { planDigest } from '../../../src/domain/digest.ts';
import { ArmId, FormId, KeyName, RequestId } from '../../../src/domain/ids.ts';
import type { ObservedVault } from '../../../src/domain/observed.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { refuse } from '../../../src/domain/request/refusal.ts';
import { judgeKeys, judgeVaults } from '../../../src/operations/choose.ts';
import type { Form } from '../../../src/operations/form.ts';
import type { FactsOf } from '../../../src/operations/pages/page.ts';
import {
  formAbandonedCard,
  formCancelledCard,
  formOpenCard,
  formUnreadCard,
  formWaitingCard,
} from '../../../src/teams/cards/views/form-place-view.ts';
import { formCard } from '../../../src/teams/cards/views/form-view.ts';
import { commandWorld, formOn } from '../builders/command-world.ts';
import { tenant } from '../builders/fixtures.ts';
import { key, kind, noon, resource, version } from '../builders/plans.ts';
import { termsOf } from '../builders/policies.ts';
import {
  lookAlikePlan,
  newestKey,
  newKeyWished,
  newKind,
  oldKey,
  planOf,
  rotationPlan,
  seen,
  seenUnderKey,
  toMadeVersion,
  toNewest,
  toOtherKey,
  visitAgent,
  wished,
} from './card-plans.ts';

import { type GalleryCard, named } from './gallery-requests.ts';

const summary = (name: string, underCustomerKey = false) => ({
  kind: 'healthcare-agent',
  id: seen().resource.id,
  name,
  location: 'westeurope',
  resourceGroup: 'rg-care-prod',
  subscriptionId: '40000000-0000-4000-8000-000000000001',
  subscriptionName: 'Care',
  underCustomerKey,
});
const vaultNamed = (name: string, change: Partial<ObservedVault> = {}) => ({
  ...seen().vault,
  name,
  ...change,
});
const elsewhere = ArmId.parse(
  '/subscriptions/40000000-0000-4000-8000-000000000002/resourceGroups/rg-research/providers/Microsoft.KeyVault/vaults/kv-hospita1-keys',
);
const vaults = judgeVaults(
  [
    seen().vault,
    vaultNamed('kv-hospital-keys', { purgeProtection: true }),
    vaultNamed('kv-old-wards', { softDelete: false }),
    vaultNamed('kv-north-europe', { location: 'northeurope', purgeProtection: true }),
    vaultNamed('kv-behind-firewall', { firewall: 'closed' }),
    vaultNamed('kv-hospita1-keys', { id: elsewhere, purgeProtection: true }),
    vaultNamed('kv-of-others', { tenantId: '30000000-0000-4000-8000-000000000000' }),
  ],
  seen().resource,
  { tenantId: tenant, kind, terms: termsOf() },
);
const keys = judgeKeys(
  [
    key({ name: KeyName.parse('cmk-triage-agent'), version: version('5') }),
    key({ name: KeyName.parse('cmk-virtual-visit'), expires: '2028-01-12T00:00:00.000Z' }),
    key({ name: KeyName.parse('signing-ec'), type: 'EC', size: null }),
    key({ name: KeyName.parse('cmk-2023'), expires: '2025-01-12T00:00:00.000Z' }),
    key({ name: KeyName.parse('cmk-off'), enabled: false }),
  ],
  noon,
);

const reviewFacts = (plan: Plan, approvalsRequired = 1) => ({
  page: 'review' as const,
  plan,
  digest: planDigest(plan),
  policy: { version: '3f9c21ab', rule: 'environment', approvalsRequired, expiresAt: '2026-03-05T12:00:00.000Z' },
  changeReference: null,
  openRequest: null,
  change: null,
});

const { ports } = commandWorld();
const card = (form: Form, facts: Parameters<typeof formCard>[1], problem: Parameters<typeof formCard>[2] = null) =>
  formCard(
    { ...form, id: FormId.parse('F-2M8D4T7KQX'), requestId: RequestId.parse('CMK-7F3K9Q'), revision: 3 },
    facts,
    problem,
  );

/** The review page of an operation that chooses nothing but the agent. */
export const reviewOf = (operation: string, plan: Plan) =>
  card(
    formOn('review', ports, { operation, answers: { resource: plan.wish.resource, version: plan.wish } }),
    reviewFacts(plan),
  );

export function forms(): readonly GalleryCard[] {
  const answers = { resource: wished.resource, vault: wished.vaultId };
  const form = (page: Form['page'], change: Partial<Form> = {}): Form => formOn(page, ports, { answers, ...change });
  const empty = form('resource', { answers: {} });
  const resources = ['triage-agent-prod', 'visitor-agent', 'pharmacy-agent'].map((name) => summary(name));
  const all = [...resources, summary('radiology-agent', true)];
  const { resource: chosen } = seen();
  const resourceFacts = { page: 'resource', resources: all, more: true, resource: null } as const;
  const vaultFacts = { page: 'vault', resource: chosen, vaults, chosen: null } as const;
  const keyFacts = {
    page: 'key',
    resource: chosen,
    vault: seen().vault,
    keys,
    way: 'existing',
    chosen: null,
    now: noon,
  } as const;
  const pending = { verb: 'form.next', inputs: {}, look: '' };
  const outage = 'TooManyRequests: The request is being throttled.';
  const newKey = { kind: 'new', name: newKeyWished.keyName, key: newKind } as const;
  const warned = planOf({
    vault: vaultNamed('kv-care-prod', { location: 'northeurope', softDelete: false }),
    key: key({ name: wished.keyName, version: version('5'), expires: '2026-09-01T00:00:00.000Z' }),
  });
  const blocked = planOf({
    resource: resource({ ...chosen, createdAt: '2021-06-03T08:00:00.000Z', provisioningState: 'Updating' }),
    vault: vaultNamed('kv-care-prod', { firewall: 'closed' }),
  });
  const underAnother = planOf({ resource: { ...chosen, customerKey: visitAgent.customerKey } });
  return named({
    'form-agent.empty': card(empty, resourceFacts),
    'form-agent.chosen': card(form('resource'), { ...resourceFacts, resource: chosen }),
    'form-agent.problem': card(form('resource'), resourceFacts, refuse('unknown-resource', 'triage')),
    'form-agent.none': card(empty, { ...resourceFacts, resources: [], more: false }),
    'form-vault': card(form('vault'), vaultFacts),
    'form-vault.problem': card(form('vault'), vaultFacts, refuse('choice-missing')),
    'form-vault.none': card(form('vault'), { ...vaultFacts, vaults: [] }),
    'form-key.existing': card(form('key'), keyFacts),
    'form-key.none': card(form('key'), { ...keyFacts, way: 'new', keys: [] }),
    'form-key.new': card(
      form('key'),
      { ...keyFacts, way: 'new', chosen: newKey },
      refuse('new-key-expiry-unfit', '2024-01-01'),
    ),
    'form-slow.looking': formWaitingCard(form('vault', { pending }), true),
    'form-slow.unread': formUnreadCard(form('vault', { pending }), refuse('azure-unreachable', outage), true),
    'form-review.ready': card(form('review'), reviewFacts(planOf())),
    'form-review.warned': card(
      form('review', { justification: 'Policy 7.4' }),
      reviewFacts(warned, 2),
      refuse('acknowledge-data-loss'),
    ),
    'form-review.new-key': card(form('review'), reviewFacts(planOf({ key: null }, newKeyWished))),
    'form-review.look-alike': card(form('review'), reviewFacts(lookAlikePlan(true))),
    'form-review.look-alike-blocked': card(form('review'), reviewFacts(lookAlikePlan(false))),
    'form-review.blocked': card(form('review'), reviewFacts(blocked)),
    'form-review.under-another-key': card(form('review'), reviewFacts(underAnother)),
    'form-ended.cancelled': formCancelledCard(form('review', { ended: 'cancelled' })),
    'form-ended.left': formAbandonedCard(form('vault', { ended: 'left' }), 'Requester', 'unused'),
    'form-open': formOpenCard(form('review'), { name: 'Requester', memberId: '29:requester' }),
  });
}

export function rotationForms(): readonly GalleryCard[] {
  const { from } = toNewest;
  const { vaultId, keyName } = toNewest.to;
  const newest = { way: 'version', from, vaultId, keyName, keyVersion: newestKey.version, newest: true };
  const made = { way: 'new-version', from, vaultId, keyName, after: oldKey.version, make: newKind };
  const form = (page: Form['page'], version: unknown, change: Partial<Form> = {}): Form =>
    formOn(page, ports, {
      operation: 'rotate-cmk',
      answers: { resource: toNewest.resource, ...(version === null ? {} : { version }) },
      ...change,
    });
  const answered = form('version', null);
  const other = form('review', { way: 'other-key', from });
  const facts: FactsOf<'version'> = {
    page: 'version',
    resource: visitAgent,
    current: visitAgent.customerKey,
    vault: seenUnderKey().vault,
    inUse: oldKey,
    newest: newestKey,
    makes: { ...newKind, expires: '2028-03-01T00:00:00.000Z' },
    chosen: null,
    now: noon,
  };
  const unseen = { ...facts, vault: null, inUse: null, newest: null, makes: null };
  const microsofts = { ...visitAgent, customerKey: null };
  const disabled = { ...oldKey, enabled: false };
  const unversioned = { ...visitAgent, customerKey: { ...from, keyVersion: null } };
  const moved = { ...visitAgent, customerKey: { ...from, keyVersion: newestKey.version } };
  return named({
    'rotation-form-agent': card(form('resource', null, { answers: {} }), {
      page: 'resource',
      resources: [summary('virtual-visit-agent', true), summary('triage-agent-prod')],
      more: false,
      resource: visitAgent,
    }),
    'rotation-form-version': card(answered, facts),
    'rotation-form-version.newest-in-use': card(answered, {
      ...facts,
      resource: moved,
      current: moved.customerKey,
      inUse: newestKey,
    }),
    'rotation-form-version.disabled': card(answered, { ...facts, inUse: disabled }),
    'rotation-form-version.vault-not-seen': card(answered, unseen),
    'rotation-form-version.none-named': card(answered, {
      ...facts,
      resource: unversioned,
      current: unversioned.customerKey,
      inUse: null,
    }),
    'rotation-form-version.microsofts-key': card(answered, { ...unseen, resource: microsofts, current: null }),
    'rotation-form-version.problem': card(answered, { ...facts, chosen: 'new' }, refuse('choice-missing')),
    'rotation-form-vault': card(
      { ...other, page: 'vault' },
      { page: 'vault', resource: visitAgent, vaults, chosen: null },
    ),
    'rotation-form-review.newest': card(form('review', newest), reviewFacts(rotationPlan())),
    'rotation-form-review.new-version': card(form('review', made), reviewFacts(rotationPlan(toMadeVersion))),
    'rotation-form-review.other-key': card(other, reviewFacts(rotationPlan(toOtherKey))),
    'rotation-form-review.old-version-disabled': card(
      form('review', newest),
      reviewFacts(rotationPlan(toNewest, { from: disabled })),
    ),
    'rotation-form-review.moved': card(
      form('review', made),
      reviewFacts(rotationPlan(toMadeVersion, { resource: moved })),
    ),
    'rotation-form-review.microsofts-key': card(
      form('review', newest),
      reviewFacts(rotationPlan(toNewest, { resource: microsofts })),
    ),
    'rotation-form-ended.cancelled': formCancelledCard(form('review', newest, { ended: 'cancelled' })),
  });
}
