/** What people read of a move to another version or key: on the question, on its pages, and what they can click there. */

import { z } from 'zod';
import { KeyName } from '../../../../src/domain/ids.ts';
import type { Plan } from '../../../../src/domain/plan.ts';
import type { Form } from '../../../../src/operations/form.ts';
import { factsOf } from '../../../../src/operations/form-clicks.ts';
import type { FactsOf } from '../../../../src/operations/pages/page.ts';
import type { AdaptiveCard } from '../../../../src/teams/cards/render-card.ts';
import { formCard } from '../../../../src/teams/cards/views/form-view.ts';
import { changeFacts, changeLine } from '../../../../src/teams/cards/views/parts.ts';
import { everybody } from '../../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { executesOf, inputsOf, textsOf } from '../../../contract/card-walk.ts';
import { commandWorld, formOn } from '../../../support/builders/command-world.ts';
import { appliedPolicy } from '../../../support/builders/fixtures.ts';
import { key, noon, ref, resource, under, version } from '../../../support/builders/plans.ts';
import {
  newestKey,
  oldKey,
  rotationPlan,
  seen,
  seenUnderKey,
  toNewest,
  toOtherKey,
  visitAgent,
} from '../../../support/cards/card-plans.ts';
import { contextAt } from '../../../support/cards/card-readers.ts';
import { asked, requestOf } from '../../../support/cards/card-turns.ts';

const words = (card: AdaptiveCard): string => textsOf(card).join('\n');
const primary = (card: AdaptiveCard): readonly string[] =>
  executesOf(card.body)
    .filter(({ style }) => style === 'positive')
    .map(({ title }) => String(title));

const Asked = z.object({ choices: z.array(z.object({ title: z.string(), value: z.string() })), value: z.string() });

const { ports } = commandWorld();
const { from } = toNewest;
const rotating = (page: Form['page'], change: Partial<Form> = {}): Form =>
  formOn(page, ports, { operation: 'rotate-cmk', answers: { resource: toNewest.resource }, ...change });
const reviewOf = (plan: Plan): FactsOf<'review'> => ({
  page: 'review',
  plan,
  digest: 'd'.repeat(64),
  policy: appliedPolicy({ expiresAt: '2026-03-05T12:00:00.000Z' }),
  changeReference: null,
  openRequest: null,
  change: null,
});

describe('what changes', () => {
  const facts = (plan: Plan) => changeFacts(plan).map(({ title, value }) => `${title}: ${value}`);
  const old = 'From: cmk-virtual-visit, version 93e37d3d, expires {{DATE(2026-04-01T00:00:00Z,SHORT)}}';

  test('to another key of the same vault', () => {
    const plan = rotationPlan(toOtherKey);
    expect(changeLine(plan)).toBe('cmk-virtual-visit → **cmk-triage-agent** in kv-care-prod');
    expect(facts(plan)).toEqual([old, 'To: **cmk-triage-agent**, **version 55555555**, no expiry']);
  });

  test('to a key of another vault: the old vault is named, as keys may be called alike', () => {
    const elsewhere = { ...from, vaultUri: 'https://kv-old-wards.vault.azure.net/' };
    const to = { ...toOtherKey.to, keyName: KeyName.parse(from.keyName) };
    const plan = rotationPlan({ ...toOtherKey, from: elsewhere, to }, { from: null });
    expect(changeLine(plan)).toBe('cmk-virtual-visit → **cmk-virtual-visit** in kv-care-prod');
    expect(facts(plan)[0]).toBe('From: cmk-virtual-visit, version 93e37d3d, in kv-old-wards.vault.azure.net');
  });

  test('a key without a version is not said to have one', () => {
    const unversioned = { ...from, keyVersion: null };
    const plan = rotationPlan({ ...toNewest, from: unversioned }, { from: null });
    expect(changeLine(plan)).toBe('cmk-virtual-visit: no version → **version 5d1f0c2e**');
    expect(facts(plan)[0]).toBe('From: cmk-virtual-visit, no version');
  });
});

describe('the question to the approvers', () => {
  const context = contextAt('2026-03-02T12:04:00.000Z', everybody);
  const question = (plan: Plan): string => words(requestCard('approval', requestOf(asked(plan)), context));

  test('another key, whose vault has to be protected: says that the move can, at least', () => {
    const text = question(rotationPlan(toOtherKey));
    expect(text).toContain('Can’t be undone\nTurns on purge protection for the whole key vault kv-care-prod');
    expect(text).toContain('The key can be moved back\nThe old version stays enabled.');
  });

  test.each([
    ['could not be read', null],
    ['is disabled', { ...oldKey, enabled: false }],
  ])('an old version that %s: nothing is promised', (_how, old) => {
    expect(question(rotationPlan(toNewest))).toContain('Can be undone');
    expect(question(rotationPlan(toNewest, { from: old }))).not.toContain('Can be undone');
  });
});

describe('the page that asks for the version', () => {
  const facts: FactsOf<'version'> = {
    page: 'version',
    resource: visitAgent,
    current: visitAgent.customerKey,
    vault: seenUnderKey().vault,
    inUse: oldKey,
    newest: newestKey,
    makes: { type: 'RSA', size: 3072, expires: '2028-03-01T00:00:00.000Z' },
    chosen: null,
    now: noon,
  };
  const page = (change: Partial<FactsOf<'version'>>) => formCard(rotating('version'), { ...facts, ...change }, null);
  const input = (card: AdaptiveCard) => Asked.parse(inputsOf(card)[0]);
  const offered = (card: AdaptiveCard): readonly string[] => input(card).choices.map(({ value }) => value);

  test('a new one is not made where Azure could not use one', async () => {
    const agent = resource({ customerKey: under(version('a')) });
    const { ports: seeing } = commandWorld({ resource: agent, keys: [key({ type: 'EC', size: null })] });
    const form = rotating('version', { answers: { resource: ref() } });
    expect(await factsOf(form, seeing)).toMatchObject({ page: 'version', makes: null });
  });

  test('keeps what was chosen', () => expect(input(page({ chosen: 'other' })).value).toBe('other'));

  const newest = { ...from, keyVersion: newestKey.version };
  const usesNewest = { current: newest, resource: { ...visitAgent, customerKey: newest }, inUse: newestKey };
  const cannotRead = 'The bot can’t read the vault of this key, so you can only choose another key.';
  const notNamed = 'No version named\nIt isn’t known whether the agent follows newer versions.';
  const all = ['newest', 'new', 'other'];
  test.each<[string, Partial<FactsOf<'version'>>, readonly string[], string]>([
    ['the newest is in use', usesNewest, ['new', 'other'], 'The agent uses the newest version of its key.'],
    ['only the newest could be read', { current: newest, inUse: null }, ['new', 'other'], ''],
    ['Azure could not use a new one', { makes: null }, ['newest', 'other'], ''],
    ['the vault is not seen', { vault: null, inUse: null, newest: null, makes: null }, ['other'], cannotRead],
    ['the one in use is disabled', { inUse: { ...oldKey, enabled: false } }, all, '**Disabled**, created '],
    ['the newest is disabled', { newest: { ...newestKey, enabled: false } }, all, 'The newest version is disabled.'],
    ['no version is named', { current: { ...from, keyVersion: null }, inUse: null }, all, notNamed],
  ])('offers what can be had, and says so, where %s', (_where, change, wanted, said) => {
    const card = page(change);
    expect(offered(card)).toEqual(wanted);
    expect(words(card)).toContain(said);
  });
});

test('a review that another block stops leads to no other operation', () => {
  const updating = { ...visitAgent, provisioningState: 'Updating' };
  const card = formCard(rotating('review'), reviewOf(rotationPlan(toNewest, { resource: updating })), null);
  expect(executesOf(card.body).filter(({ verb }) => verb === 'form.switch')).toEqual([]);
  expect(primary(card)).toEqual(['Check again']);
});

test('rotating has two more pages on the way to another key', () => {
  const other = { answers: { version: { way: 'other-key', from } } } as const;
  const step = (form: Form): string => {
    const card = formCard(form, { page: 'vault', resource: seen().resource, vaults: [], chosen: null }, null);
    return textsOf(card).find((text) => text.startsWith('Step ')) ?? '';
  };
  expect(step(rotating('vault', other))).toBe('Step 3 of 5: Vault');
  expect(step(rotating('review', other))).toBe('Step 5 of 5: Review');
});
