/** Pages of forms, with what is found, missing or wrong. */
import { planDigest } from '../../../src/domain/digest.ts';
import { ArmId, FormId, KeyName, RequestId } from '../../../src/domain/ids.ts';
import type { ObservedVault } from '../../../src/domain/observed.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { refuse } from '../../../src/domain/request/refusal.ts';
import { judgeKeys, judgeVaults } from '../../../src/operations/choose.ts';
import type { Form } from '../../../src/operations/form.ts';
import type { FactsOf } from '../../../src/operations/pages/page.ts';
import { formAbandonedCard, formCancelledCard, formOpenCard } from '../../../src/teams/cards/views/form-place-view.ts';
import { formUnreadCard, formWaitingCard } from '../../../src/teams/cards/views/form-slow-view.ts';
import { formCard } from '../../../src/teams/cards/views/form-view.ts';
import { commandWorld, formOn } from '../builders/command-world.ts';
import { tenant } from '../builders/fixtures.ts';
import { key, kind, noon, resource, sha256, version } from '../builders/plans.ts';
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

import type { GalleryCard } from './gallery-requests.ts';

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
  digest: planDigest(plan, sha256),
  policy: { version: '3f9c21ab', rule: 'environment', approvalsRequired, expiresAt: '2026-03-05T12:00:00.000Z' },
  reference: 'not-asked' as const,
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
  return [
    { name: 'form-agent.empty', card: card(empty, resourceFacts) },
    { name: 'form-agent.chosen', card: card(form('resource'), { ...resourceFacts, resource: chosen }) },
    {
      name: 'form-agent.problem',
      card: card(form('resource'), resourceFacts, refuse('unknown-resource', 'triage')),
    },
    { name: 'form-agent.none', card: card(empty, { ...resourceFacts, resources: [], more: false }) },
    { name: 'form-vault', card: card(form('vault'), vaultFacts) },
    { name: 'form-vault.problem', card: card(form('vault'), vaultFacts, refuse('choice-missing')) },
    { name: 'form-vault.none', card: card(form('vault'), { ...vaultFacts, vaults: [] }) },
    { name: 'form-key.existing', card: card(form('key'), keyFacts) },
    { name: 'form-key.none', card: card(form('key'), { ...keyFacts, way: 'new', keys: [] }) },
    {
      name: 'form-key.new',
      card: card(
        form('key'),
        { ...keyFacts, way: 'new', chosen: newKey },
        refuse('new-key-expiry-unfit', '2024-01-01'),
      ),
    },
    { name: 'form-slow.looking', card: formWaitingCard(form('vault', { pending }), true) },
    {
      name: 'form-slow.unread',
      card: formUnreadCard(form('vault', { pending }), refuse('azure-unreachable', outage), true),
    },
    { name: 'form-review.ready', card: card(form('review'), reviewFacts(planOf())) },
    {
      name: 'form-review.warned',
      card: card(
        form('review', { justification: 'Policy 7.4' }),
        reviewFacts(warned, 2),
        refuse('acknowledge-data-loss'),
      ),
    },
    { name: 'form-review.new-key', card: card(form('review'), reviewFacts(planOf({ key: null }, newKeyWished))) },
    { name: 'form-review.look-alike', card: card(form('review'), reviewFacts(lookAlikePlan(true))) },
    { name: 'form-review.look-alike-blocked', card: card(form('review'), reviewFacts(lookAlikePlan(false))) },
    { name: 'form-review.blocked', card: card(form('review'), reviewFacts(blocked)) },
    { name: 'form-review.under-another-key', card: card(form('review'), reviewFacts(underAnother)) },
    { name: 'form-ended.cancelled', card: formCancelledCard(form('review', { ended: 'cancelled' })) },
    { name: 'form-ended.left', card: formAbandonedCard(form('vault', { ended: 'left' }), 'Requester', 'unused') },
    { name: 'form-open', card: formOpenCard(form('review'), { name: 'Requester', memberId: '29:requester' }) },
  ];
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
  return [
    {
      name: 'rotation-form-agent',
      card: card(form('resource', null, { answers: {} }), {
        page: 'resource',
        resources: [summary('virtual-visit-agent', true), summary('triage-agent-prod')],
        more: false,
        resource: visitAgent,
      }),
    },
    { name: 'rotation-form-version', card: card(answered, facts) },
    {
      name: 'rotation-form-version.newest-in-use',
      card: card(answered, { ...facts, resource: moved, current: moved.customerKey, inUse: newestKey }),
    },
    { name: 'rotation-form-version.disabled', card: card(answered, { ...facts, inUse: disabled }) },
    { name: 'rotation-form-version.vault-not-seen', card: card(answered, unseen) },
    {
      name: 'rotation-form-version.none-named',
      card: card(answered, { ...facts, resource: unversioned, current: unversioned.customerKey, inUse: null }),
    },
    {
      name: 'rotation-form-version.microsofts-key',
      card: card(answered, { ...unseen, resource: microsofts, current: null }),
    },
    {
      name: 'rotation-form-version.problem',
      card: card(answered, { ...facts, chosen: 'new' }, refuse('choice-missing')),
    },
    {
      name: 'rotation-form-vault',
      card: card({ ...other, page: 'vault' }, { page: 'vault', resource: visitAgent, vaults, chosen: null }),
    },
    { name: 'rotation-form-review.newest', card: card(form('review', newest), reviewFacts(rotationPlan())) },
    {
      name: 'rotation-form-review.new-version',
      card: card(form('review', made), reviewFacts(rotationPlan(toMadeVersion))),
    },
    { name: 'rotation-form-review.other-key', card: card(other, reviewFacts(rotationPlan(toOtherKey))) },
    {
      name: 'rotation-form-review.old-version-disabled',
      card: card(form('review', newest), reviewFacts(rotationPlan(toNewest, { from: disabled }))),
    },
    {
      name: 'rotation-form-review.moved',
      card: card(form('review', made), reviewFacts(rotationPlan(toMadeVersion, { resource: moved }))),
    },
    {
      name: 'rotation-form-review.microsofts-key',
      card: card(form('review', newest), reviewFacts(rotationPlan(toNewest, { resource: microsofts }))),
    },
    { name: 'rotation-form-ended.cancelled', card: formCancelledCard(form('review', newest, { ended: 'cancelled' })) },
  ];
}
