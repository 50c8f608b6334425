import type { CommandPorts } from '../../../src/operations/commands/command.ts';
import { enableCmk } from '../../../src/operations/enable-cmk/enable-cmk.ts';
import {
  back,
  cancelForm,
  chooseKeyWay,
  factsOf,
  next,
  readPage,
  submit,
  withAnswer,
} from '../../../src/operations/form-clicks.ts';
import { commandWorld, formOn, inputs, reviewed } from '../../support/builders/command-world.ts';
import { failure } from '../../support/builders/commands.ts';
import { resourceId, vaultId } from '../../support/builders/fixtures.ts';
import { key, keyName, ref, resource, vault as vaultThere, version } from '../../support/builders/plans.ts';

/** How people fill it in, page by page: test/golden/transcripts. Attacks on it: test/long/tampered-forms.test.ts. */
const existing = { kind: 'existing', name: keyName, version: version('a') } as const;
const ticked = { acknowledgeDataLoss: 'true', justification: 'Policy 7' };

describe('going through the form', () => {
  it.each(['resource', 'vault', 'key'] as const)('stays on page %s while nothing is chosen', async (page) => {
    const { ports } = commandWorld();
    const form = formOn(page, ports, { answers: { resource: ref(), vault: vaultId } });
    const turned = await next(form, inputs({ resource: ' ', vault: '', key: ' ' }), ports);
    expect(turned).toMatchObject({ form: { page, revision: 1 }, problem: { code: 'choice-missing' } });
  });

  it('reads nothing but what the chosen way asks for', async () => {
    const { ports } = commandWorld();
    const asked = formOn('key', ports, { answers: { resource: ref(), vault: vaultId } });
    const both = inputs({ key: 'care', newKeyName: 'care-2', keyType: 'RSA', keySize: '3072' });
    const kindBy = async (way: 'existing' | 'new') =>
      (await next(chooseKeyWay(asked, way).form, both, ports)).form.answers.key;
    expect(await kindBy('existing')).toMatchObject({ kind: 'existing' });
    expect(await kindBy('new')).toMatchObject({ kind: 'new' });
  });

  it('takes a new key after an existing one was chosen, if the page offers nothing else by now', async () => {
    const { ports } = commandWorld({ keys: [key({ enabled: false })] });
    const answers = { resource: ref(), vault: vaultId, key: existing };
    const form = formOn('key', ports, { answers, keyWay: 'existing' });
    expect(await factsOf(form, ports)).toMatchObject({ value: { way: 'new' } });
    const filled = inputs({ newKeyName: 'care-2', keyType: 'RSA', keySize: '3072' });
    expect(await next(form, filled, ports)).toMatchObject({
      problem: null,
      form: { answers: { key: { kind: 'new' } } },
    });
  });

  it('asks again for the way to a key when the vault is another, and on the way back', () => {
    const { ports } = commandWorld();
    const { form } = chooseKeyWay(formOn('key', ports, { answers: { resource: ref(), vault: vaultId } }), 'new');
    expect(form.keyWay).toBe('new');
    expect(back(form).form).toMatchObject({ page: 'vault', keyWay: null });
    const onVault = { ...form, page: 'vault' as const, answers: { ...form.answers, vault: resourceId() } };
    expect(withAnswer(enableCmk, onVault, vaultId).keyWay).toBeNull();
  });

  it('refuses a new key without a name', async () => {
    const { ports } = commandWorld();
    const asked = formOn('key', ports, { answers: { resource: ref(), vault: vaultId } });
    const { form } = chooseKeyWay(asked, 'new');
    expect(await next(form, inputs({ newKeyName: '', keyType: 'RSA', keySize: '3072' }), ports)).toMatchObject({
      form: { page: 'key' },
      problem: { code: 'new-key-name-unfit' },
    });
  });

  it('forgets the key when another vault is chosen, and keeps it for the same one', async () => {
    const { ports } = commandWorld();
    const form = formOn('vault', ports, { answers: { resource: ref(), vault: vaultId, key: existing } });
    expect((await next(form, inputs({ vault: 'kv-care' }), ports)).form.answers.key).toEqual(existing);
    const moved = { ...form, answers: { ...form.answers, vault: resourceId() } };
    expect((await next(moved, inputs({ vault: 'kv-care' }), ports)).form.answers).not.toHaveProperty('key');
  });

  it('goes back page by page and stays on the first', () => {
    const { ports } = commandWorld();
    const pages = ['review', 'key', 'vault', 'resource'] as const;
    expect(pages.map((page) => back(formOn(page, ports)).form.page)).toEqual(['key', 'vault', 'resource', 'resource']);
    expect(back(formOn('review', ports, { shownDigest: 'd' })).form.shownDigest).toBeNull();
  });

  it.each([
    ['an agent that is too old', { createdAt: '2021-06-03T00:00:00Z' }, 'created-before-cutoff'],
    ['an agent on which an operation runs', { provisioningState: 'Accepted' }, 'provisioning-unsettled'],
    [
      'an agent that has a customer-managed key',
      { customerKey: { vaultUri: 'https://kv-care.vault.azure.net/', keyName: 'other', keyVersion: version('b') } },
      'already-under-another-key',
    ],
  ] as const)('goes no further with %s', async (_agent, change, code) => {
    const { ports } = commandWorld({ resource: resource(change) });
    const { form } = await next(formOn('resource', ports), inputs({ resource: 'bot-care' }), ports);
    expect(form.page).toBe('vault');
    const shown = await readPage(form, ports);
    expect(shown).toMatchObject({ ok: true, value: { form: { page: 'resource' }, facts: { page: 'resource' } } });
    expect('value' in shown && shown.value.obstacle.blocks.map((block) => block.code)).toContain(code);
  });

  it('returns to the vaults from one that the policy forbids', async () => {
    const { ports } = commandWorld({ vault: vaultThere({ firewall: 'closed' }) });
    const form = formOn('key', ports, { answers: { resource: ref(), vault: vaultId } });
    expect(await readPage(form, ports)).toMatchObject({ value: { form: { page: 'vault' }, facts: { page: 'vault' } } });
  });

  it('does not say that nothing was stored where its request was, in the moment before', async () => {
    const { ports } = commandWorld();
    const form = await reviewed(ports);
    await submit(form, inputs(ticked), ports);
    expect(await cancelForm(form, ports)).toMatchObject({ form: { ended: 'submitted' } });
  });
});

describe('submitting', () => {
  it.each([
    ['a request', null],
    ['a change', { asking: 1 }],
  ])('counts the time to decide %s from when it is stored, whatever this clock says', async (_what, changes) => {
    const { ports, requests } = commandWorld();
    const first = await reviewed(ports);
    if (changes !== null) await submit(first, inputs(ticked), ports);
    const form = changes === null ? first : { ...(await reviewed(ports)), requestId: first.requestId, changes };
    const dayBehind: CommandPorts = { ...ports, now: () => new Date(ports.now().getTime() - 86_400_000) };
    const asked = inputs({ ...ticked, justification: 'By a wrong clock' });
    expect(await submit(form, asked, dayBehind)).toMatchObject({ problem: null, form: { ended: 'submitted' } });
    expect(await requests.load(form.requestId)).toMatchObject({
      justification: 'By a wrong clock',
      policy: { expiresAt: '2026-03-05T12:00:00.000Z' },
    });
  });

  it('makes one request of two clicks, also when Azure has moved in between', async () => {
    const { ports, requests, azure } = commandWorld();
    const form = await reviewed(ports);
    await submit(form, inputs(ticked), ports);
    azure.world.vault = vaultThere({ softDelete: false });
    expect(await submit(form, inputs(ticked), ports)).toMatchObject({ problem: null, form: { ended: 'submitted' } });
    expect(requests.all()).toHaveLength(1);
  });

  it('wants the tick and the reason, and keeps the reason while it is corrected', async () => {
    const { ports } = commandWorld();
    const form = await reviewed(ports);
    expect(await submit(form, inputs({ justification: 'Policy 7' }), ports)).toMatchObject({
      problem: { code: 'acknowledge-data-loss' },
      form: { justification: 'Policy 7', page: 'review' },
    });
    const without = inputs({ acknowledgeDataLoss: 'true' });
    expect(await submit(form, without, ports)).toMatchObject({ problem: { code: 'justification-missing' } });
  });

  it('shows the page again when Azure is not as it was shown', async () => {
    const { ports, azure, requests } = commandWorld();
    const form = await reviewed(ports);
    azure.world.vault = vaultThere({ softDelete: false });
    expect(await submit(form, inputs(ticked), ports)).toMatchObject({ problem: { code: 'plan-moved' } });
    expect(requests.all()).toEqual([]);
  });

  it('refuses a plan with a block', async () => {
    const { ports } = commandWorld({ keys: [key({ enabled: false })] });
    expect(await submit(await reviewed(ports), inputs(ticked), ports)).toMatchObject({
      problem: { code: 'plan-blocked', fact: 'key-disabled' },
    });
  });

  it('never shares a request that another form was given the same id for', async () => {
    const { ports, requests } = commandWorld();
    const first = await reviewed(ports);
    await submit(first, inputs(ticked), ports);
    const second = await reviewed(ports, { requestId: first.requestId });
    const turned = await submit(second, inputs(ticked), ports);
    expect(turned).toMatchObject({ problem: { code: 'plan-moved' }, form: { ended: null } });
    expect(turned.form.requestId).not.toBe(first.requestId);
    expect(requests.all()).toHaveLength(1);
  });

  it('says what Azure said when it cannot be read', async () => {
    const { ports, azure } = commandWorld();
    const form = await reviewed(ports);
    azure.refuse('resources.get', failure({ next: 'wait', status: 429, code: 'Throttled', message: 'Wait.' }));
    expect(await submit(form, inputs(ticked), ports)).toMatchObject({
      problem: { code: 'azure-unreachable', failure: { code: 'Throttled', message: 'Wait.' } },
    });
  });

  it('does nothing from any other page', async () => {
    const { ports, requests } = commandWorld();
    const form = { ...(await reviewed(ports)), page: 'key' as const };
    expect(await submit(form, inputs(ticked), ports)).toMatchObject({
      problem: null,
      form: { page: 'key', ended: null },
    });
    expect(requests.all()).toEqual([]);
  });
});

describe('the facts of a page', () => {
  it.each([
    ['vault', {}, 'unknown-resource'],
    ['key', { resource: ref() }, 'unknown-vault'],
    ['review', { resource: ref(), vault: vaultId }, 'choice-missing'],
  ] as const)('of %s are refused while a choice before it is missing', async (page, chosen, code) => {
    const { ports } = commandWorld();
    expect(await factsOf(formOn(page, ports, { answers: chosen }), ports)).toMatchObject({ kind: 'refused', code });
  });

  it('name what is gone', async () => {
    const { ports } = commandWorld({ resource: null });
    expect(await factsOf(formOn('vault', ports, { answers: { resource: ref() } }), ports)).toMatchObject({
      code: 'unknown-resource',
      fact: 'bot-care',
    });
  });

  it('of the review name the open request of the agent', async () => {
    const { ports } = commandWorld();
    const form = await reviewed(ports);
    await submit(form, inputs(ticked), ports);
    expect(await factsOf(await reviewed(ports), ports)).toMatchObject({ value: { openRequest: form.requestId } });
  });
});
