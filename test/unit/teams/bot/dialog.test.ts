/**
 * Everything about a form and its clicks: two replicas over one store in memory, an Azure that is as slow as it is told, and a clock
 * that the tests move. What people see of it, and that the running bot does it: test/golden/transcripts.
 */
import { jest } from '@jest/globals';
import { decide } from '../../../../src/domain/request/decide.ts';
import { operatorActor } from '../../../../src/domain/request/events.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { enableCmk } from '../../../../src/operations/enable-cmk/enable-cmk.ts';
import type { Form } from '../../../../src/operations/form.ts';
import { back, chooseKeyWay, factsOf, next, readPage, withAnswer } from '../../../../src/operations/form-clicks.ts';
import { openAgain, openChange } from '../../../../src/operations/open-form.ts';
import { FormInputs } from '../../../../src/operations/pages/page.ts';
import { closeAbandonedForms, replaceEarlierForm } from '../../../../src/teams/bot/abandoned-forms.ts';
import { openClickDedupe } from '../../../../src/teams/bot/click-dedupe.ts';
import { answerFormClick } from '../../../../src/teams/bot/form-click.ts';
import { openForms } from '../../../../src/teams/bot/forms.ts';
import { recoverLostFormJobs } from '../../../../src/teams/bot/lost-form-jobs.ts';
import { everybody } from '../../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { call, commandWorld, formOn, inputs, reviewed } from '../../../support/builders/command-world.ts';
import { cancels, decides, failure } from '../../../support/builders/commands.ts';
import { approver, requester, resourceId, vaultId } from '../../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';
import { key, keyName, noon, ref, resource, vault as vaultNow, version } from '../../../support/builders/plans.ts';
import type { World } from '../../../support/builders/scripted-azure.ts';
import { contextAt } from '../../../support/cards/card-readers.ts';

beforeEach(() => void jest.useFakeTimers({ now: noon }));
afterEach(() => void jest.useRealTimers());

const filled = { acknowledgeDataLoss: 'true', justification: 'Policy 7' };
const existing = { kind: 'existing', name: keyName, version: version('a') } as const;
const personal = { conversationId: 'a:chat', conversationType: 'personal', messageId: '7' } as const;
const channel = { ...personal, conversationType: 'channel' } as const;
const otherKey = { vaultUri: 'https://kv-care.vault.azure.net/', keyName: 'other', keyVersion: version('b') };
const minuteMs = 60_000;

/** A click of the requester, whatever page is shown. */
const clicked = (formId: string, revision: number, verb: string, given: object = {}) => ({
  by: requester,
  formId,
  revision,
  verb,
  inputs: inputs(given),
  at: null,
});

/** Lets the clock run until the work is done. */
async function running<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const end = (): void => {
    isDone = true;
  };
  work.then(end, end);
  while (!isDone) await jest.advanceTimersByTimeAsync(500);
  return work;
}

/** `formOf`: the form that was opened. */
async function opened(formOf: FormOf = (ports) => reviewed(ports, { origin: personal }), world: Partial<World> = {}) {
  const { ports: still, requests, azure, roleStatus } = commandWorld(world);
  /** How far the replicas' clocks are off the store's. */
  const skew = { ms: 0 };
  const ports = { ...still, now: () => new Date(Date.now() + skew.ms) };
  const append = async (id: Form['requestId'], command: Command) => {
    const stored = await requests.append(id, command.do, (request, now) => decide(request, command, now));
    if (stored.kind === 'refused') throw new Error(stored.code);
    return stored.request;
  };
  const slow = { ms: 0, meanwhile: async (): Promise<void> => undefined };
  const { get } = azure.resources;
  Object.assign(azure.resources, {
    get: async (...args: Parameters<typeof get>) => {
      if (slow.ms > 0) await new Promise((resolve) => setTimeout(resolve, slow.ms));
      await slow.meanwhile();
      return get(...args);
    },
  });
  const documents = memoryDocuments();
  /** Messages that hold a request's card. */
  const taken: string[] = [];
  const isTaken = async (at: { readonly activityId: string }) => taken.includes(at.activityId);
  /** A process whose calls of the store get no answer once it has ended. */
  const replica = () => {
    const life = { isOver: false, isRefused: false };
    const mortal =
      <Args extends unknown[], Answer>(act: (...args: Args) => Promise<Answer>) =>
      (...args: Args): Promise<Answer> =>
        life.isOver ? new Promise(() => undefined) : act(...args);
    const write: typeof documents.write = (changes) =>
      life.isRefused ? Promise.reject(new Error('refused')) : documents.write(changes);
    const own = { read: mortal(documents.read), write: mortal(write), delete: mortal(documents.delete) };
    return Object.assign(openForms({ ...ports, documents: own, portal: null, isTaken }), { life });
  };
  const replicas = [replica(), replica()];
  const made = await formOf(ports);
  await replicas[0]?.open(made);
  const forms = () => replicas[0] ?? replica();
  const form = async (): Promise<Form | null> => forms().read(made.id, requester);
  /** As the owner on the first replica, with the button of the page that is shown. */
  const click = async (verb: string, given: object = {}, { on = 0, ...other }: Otherwise = {}) => {
    const revision = (await form())?.revision ?? 0;
    return running((replicas[on] ?? forms()).click({ ...clicked(made.id, revision, verb, given), ...other }));
  };
  const seen = async (...given: Parameters<typeof click>) => JSON.stringify(await click(...given));
  const shown: string[] = [];
  const removed: string[] = [];
  const chat = {
    update: async (_at: object, card: object) => shown.push(JSON.stringify(card)) > 0,
    remove: async ({ activityId }: { readonly activityId: string }) => void removed.push(activityId),
  };
  const people = { among: async () => [], names: async () => () => 'Requester' };
  const sweeper = { documents, chat, people, requests, directory: people };
  const sweep = async (): Promise<void> => {
    await recoverLostFormJobs(sweeper);
    await closeAbandonedForms(sweeper);
  };
  return {
    skew,
    id: made.id,
    requestId: made.requestId,
    form,
    forms,
    replicas,
    click,
    seen,
    shown,
    removed,
    sweeper,
    sweep,
    documents,
    requests,
    azure,
    ports,
    roleStatus,
    slow,
    taken,
    append,
    async pass(minutes: number) {
      await jest.advanceTimersByTimeAsync(minutes * minuteMs);
      await sweep();
    },
    /** The first process ends with all that it was doing, and is missed. */
    async dies() {
      forms().life.isOver = true;
      replicas[0] = replica();
      slow.ms = 0;
      await jest.advanceTimersByTimeAsync(50_000);
    },
    erase: () => documents.delete([`form/${made.id}`]),
    load: () => requests.load(made.requestId),
  };
}
type FormOf = (ports: ReturnType<typeof commandWorld>['ports']) => Form | Promise<Form>;
type Otherwise = Partial<Parameters<ReturnType<typeof openForms>['click']>[0]> & { readonly on?: number };

const onVault: FormOf = (ports) => formOn('vault', ports, { answers: { resource: ref() }, origin: personal });

describe('going through the form', () => {
  const from = (page: Form['page'], world: Partial<World> = {}, change: Partial<Form> = {}) => {
    const { ports } = commandWorld(world);
    return { ports, form: formOn(page, ports, { answers: { resource: ref(), vault: vaultId }, ...change }) };
  };
  const newKey = { newKeyName: 'care-2', keyType: 'RSA', keySize: '3072' };

  it('reads nothing but what the chosen way to a key asks for, and forgets the way with the vault', async () => {
    const { ports, form } = from('key');
    const kindBy = async (way: 'existing' | 'new') =>
      (await next(chooseKeyWay(form, way).form, inputs({ key: 'care', ...newKey }), ports)).form.answers.key;
    expect(await kindBy('existing')).toMatchObject({ kind: 'existing' });
    expect(await kindBy('new')).toMatchObject({ kind: 'new' });
    const unnamed = await next(chooseKeyWay(form, 'new').form, inputs({ ...newKey, newKeyName: '' }), ports);
    expect(unnamed).toMatchObject({ form: { page: 'key' }, problem: { code: 'new-key-name-unfit' } });
    const { form: chosen } = chooseKeyWay(form, 'new');
    expect(back(chosen).form).toMatchObject({ page: 'vault', keyWay: null });
    expect(back(from('review', {}, { shownDigest: 'd' }).form).form.shownDigest).toBeNull();
    const other = { ...chosen, page: 'vault' as const, answers: { ...chosen.answers, vault: resourceId() } };
    expect(withAnswer(enableCmk, other, vaultId).keyWay).toBeNull();
  });

  it.each(['resource', 'vault', 'key'] as const)('stays on page %s while nothing is chosen', async (page) => {
    const { ports, form } = from(page);
    const turned = await next(form, inputs({ resource: ' ', vault: '', key: ' ' }), ports);
    expect(turned).toMatchObject({ form: { page, revision: 1 }, problem: { code: 'choice-missing' } });
  });

  it.each([[['triage-agent-prod']], [{ id: 'triage-agent-prod' }], [7]])('takes %j for no choice', async (choice) => {
    const { ports, form } = from('resource');
    const turned = await next(form, FormInputs.parse({ resource: choice }), ports);
    expect(turned).toMatchObject({ form: { page: 'resource' }, problem: { code: 'choice-missing' } });
  });

  it('forgets the key when another vault is chosen, and keeps it for the same one', async () => {
    const { ports, form } = from('vault', {}, { answers: { resource: ref(), vault: vaultId, key: existing } });
    expect((await next(form, inputs({ vault: 'kv-care' }), ports)).form.answers.key).toEqual(existing);
    const moved = { ...form, answers: { ...form.answers, vault: resourceId() } };
    expect((await next(moved, inputs({ vault: 'kv-care' }), ports)).form.answers).not.toHaveProperty('key');
  });

  it.each([
    ['a resource that is too old', { createdAt: '2021-06-03T00:00:00Z' }, 'created-before-cutoff'],
    ['a resource on which an operation runs', { provisioningState: 'Accepted' }, 'provisioning-unsettled'],
    ['a resource that has a customer-managed key', { customerKey: otherKey }, 'already-under-another-key'],
  ] as const)('goes no further with %s', async (_agent, change, code) => {
    const { ports, form } = from('vault', { resource: resource(change) });
    const shown = await readPage(form, ports);
    expect(shown).toMatchObject({ form: { page: 'resource' }, facts: { page: 'resource' } });
    expect('obstacle' in shown && shown.obstacle.blocks.map((block) => block.code)).toContain(code);
  });

  it.each([
    ['vault', {}, {}, { kind: 'refused', code: 'choice-missing' }],
    ['key', { resource: ref() }, {}, { kind: 'refused', code: 'unknown-vault' }],
    ['review', { resource: ref(), vault: vaultId }, {}, { kind: 'refused', code: 'choice-missing' }],
    ['vault', { resource: ref() }, { resource: null }, { code: 'unknown-resource', fact: 'bot-care' }],
  ] as const)('shows no page %s while a choice before it is missing or gone', async (page, answers, world, refusal) => {
    const { ports, form } = from(page, world, { answers });
    expect(await factsOf(form, ports)).toMatchObject(refusal);
  });
});

describe('a click on a form', () => {
  it('is its owner’s alone, and so is what it holds', async () => {
    const { click, form, forms, id } = await opened(onVault);
    expect(await click('form.next', { vault: 'kv-care' }, { by: approver })).toMatchObject({ code: 'not-your-form' });
    expect(await forms().read(id, approver)).toBeNull();
    expect((await form())?.page).toBe('vault');
  });

  it.each([-1, 0, 999])('of revision %s, which isn’t the shown one, changes nothing', async (revision) => {
    const { click, form, seen } = await opened(onVault);
    await click('form.refresh');
    await click('form.back');
    await click('form.next', { resource: ref().id });
    expect(await seen('form.next', { vault: 'kv-care' }, { revision })).toContain('Which vault holds the key?');
    expect((await form())?.page).toBe('vault');
  });

  it.each(['F-0000000000', '../form', '__proto__'])('on %s, which is no form, finds none', async (formId) => {
    const { forms } = await opened(onVault);
    expect(await forms().click(clicked(formId, 0, 'form.next'))).toMatchObject({ code: 'form-ended' });
    expect(await forms().read(formId, requester)).toBeNull();
  });

  it('made five times at once turns one page', async () => {
    const { replicas, id, form } = await opened();
    await running(Promise.all([0, 1, 0, 1, 0].map(async (n) => replicas[n]?.click(clicked(id, 0, 'form.back')))));
    expect(await form()).toMatchObject({ page: 'key', revision: 1 });
  });

  it('does nothing once the form has ended', async () => {
    const { click, form, requests } = await opened();
    await click('form.cancel');
    await click('form.submit', filled);
    await click('form.back');
    expect(await form()).toMatchObject({ ended: 'cancelled', page: 'review' });
    expect(requests.all()).toEqual([]);
  });

  it('takes the place that the client names, unless a request’s card is there', async () => {
    const unplaced = { conversationId: 'a:chat', conversationType: 'personal' } as const;
    const { click, form, taken } = await opened((ports) => reviewed(ports, { origin: unplaced }));
    taken.push('3');
    await click('form.refresh', {}, { at: { ...unplaced, activityId: '3' } });
    expect((await form())?.origin.messageId).toBeUndefined();
    await click('form.refresh', {}, { at: { ...unplaced, activityId: '4' } });
    expect((await form())?.origin.messageId).toBe('4');
  });
});

describe('submitting', () => {
  it('makes one request of several clicks, also when Azure has moved in between', async () => {
    const { click, azure, requests, load } = await opened();
    expect(await click('form.submit', filled)).toMatchObject({ kind: 'submitted' });
    azure.world.vault = vaultNow({ softDelete: false });
    for (const verb of ['form.submit', 'form.cancel', 'form.back'])
      expect(await click(verb, filled)).toMatchObject({ kind: 'submitted' });
    expect(requests.all()).toHaveLength(1);
    expect(await load()).toMatchObject({ justification: 'Policy 7', state: 'awaiting-approval' });
  });

  it.each([
    ['no tick', { justification: 'Policy 7' }, 'Select the checkbox'],
    ['a reason of blanks', { ...filled, justification: ' \n\t\u00a0 ' }, 'The reason is missing.'],
    ['a reason that is too long', { ...filled, justification: 'x'.repeat(501) }, 'This text is too long.'],
  ])('wants tick and reason: %s', async (_what, given, words) => {
    const { click, form, requests } = await opened();
    expect(JSON.stringify(await click('form.submit', given))).toContain(words);
    expect(await form()).toMatchObject({ page: 'review', ended: null });
    expect((await form())?.justification).toBe(given.justification);
    expect(requests.all()).toEqual([]);
  });

  it('wants the change number that the policy requires, and shows it to approvers', async () => {
    const { click, load } = await opened((ports) => {
      Object.assign(ports.policy, { changeReference: { pattern: 'CHG[0-9]{7}', required: true } });
      return reviewed(ports, { origin: personal });
    });
    const submit = async (changeReference: string) =>
      JSON.stringify(await click('form.submit', { ...filled, changeReference }));
    const missing = await submit('');
    for (const words of ['Change number (format CHG[0-9]{7})', 'The change number is missing.'])
      expect(missing).toContain(words);
    expect(await submit('CHG31')).toContain('The change number doesn’t have the required format.');
    await submit('CHG0031337');
    const request = await load();
    const reader = contextAt(noon.toISOString(), everybody);
    expect(JSON.stringify(request && requestCard('approval', request, reader))).toContain('Change number: CHG0031337');
  });

  it('shows the page again when Azure is not as it was shown, and takes no click on the plan before', async () => {
    const { click, azure, requests, form } = await opened();
    azure.world.vault = vaultNow({ softDelete: false });
    const before = (await form())?.revision ?? 0;
    await click('form.refresh');
    expect((await form())?.revision).toBe(before + 1);
    await click('form.submit', filled, { revision: before });
    azure.world.vault = vaultNow();
    await click('form.submit', filled);
    expect(requests.all()).toEqual([]);
    expect(await click('form.submit', filled)).toMatchObject({ kind: 'submitted' });
  });

  it('refuses a plan with a block, and says what Azure said when it can’t be read', async () => {
    const blocked = await opened(undefined, { keys: [key({ enabled: false })] });
    await blocked.click('form.submit', filled);
    const unread = await opened();
    const throttled = failure({ next: 'wait', status: 429, code: 'Throttled', message: 'Wait.' });
    unread.azure.refuse('resources.get', throttled);
    expect(await unread.seen('form.submit', filled)).toContain('Throttled');
    expect([...blocked.requests.all(), ...unread.requests.all()]).toEqual([]);
  });

  it('does nothing from another page', async () => {
    const { click, form, requests } = await opened(onVault);
    await click('form.submit', filled);
    expect(await form()).toMatchObject({ page: 'vault', ended: null });
    expect(requests.all()).toEqual([]);
  });

  it('never shares a request that another form was given the same id for', async () => {
    const { click, requestId, form, requests, replicas, ports } = await opened();
    await click('form.submit', filled);
    const second = await reviewed(ports, { requestId });
    await replicas[0]?.open(second);
    const asked = clicked(second.id, 0, 'form.submit', filled);
    expect(await replicas[0]?.click(asked)).toMatchObject({ kind: 'card', form: { ended: null } });
    expect((await replicas[0]?.read(second.id, requester))?.requestId).not.toBe(requestId);
    expect([(await form())?.ended, requests.all()]).toMatchObject(['submitted', { length: 1 }]);
  });

  it('counts the time to decide from when it is stored, whatever this clock says', async () => {
    const { click, skew, load } = await opened();
    skew.ms = -86_400_000;
    await click('form.submit', filled);
    expect(await load()).toMatchObject({ policy: { expiresAt: '2026-03-05T12:00:00.000Z' } });
  });

  it('during which the texts are erased stores nothing', async () => {
    const { click, slow, erase, requests } = await opened();
    slow.meanwhile = erase;
    expect(await click('form.submit', filled)).toMatchObject({ code: 'form-ended' });
    expect(requests.all()).toEqual([]);
  });
});

describe('an Azure that takes long', () => {
  const slowMs = 12_000;

  it.each<[string, readonly number[]]>([
    ['on one replica and another', [1, 0, 1, 0, 1, 0, 1, 0]],
    ['on the replica that didn’t get the click', Array<number>(8).fill(1)],
  ])('its page appears although its owner refreshes %s', async (_what, order) => {
    const { click, seen, form, slow } = await opened((ports) => formOn('resource', ports, { origin: personal }));
    slow.ms = slowMs;
    await click('form.next', { resource: ref().id });
    let answer = '';
    for (const replica of order) {
      if ((await form())?.page !== 'resource') break;
      answer = await seen('form.refresh', {}, { on: replica });
    }
    expect((await form())?.page).toBe('vault');
    expect(answer).toContain('Which vault holds the key?');
  });

  it('has no effect on an owner who went back, whose entries are kept', async () => {
    const { click, seen, form, slow, requests } = await opened();
    slow.ms = slowMs;
    await click('form.submit', filled);
    expect(await seen('form.back')).toContain('Policy 7');
    await jest.advanceTimersByTimeAsync(minuteMs);
    expect(await form()).toMatchObject({ page: 'review', pending: null, ended: null });
    expect(requests.all()).toEqual([]);
  });

  it('keeps nobody from canceling', async () => {
    const { click, form, slow } = await opened(onVault);
    slow.ms = slowMs;
    await click('form.next', { vault: 'kv-care' });
    expect(await click('form.cancel')).toMatchObject({ form: { ended: 'cancelled' } });
    await jest.advanceTimersByTimeAsync(minuteMs);
    expect(await form()).toMatchObject({ ended: 'cancelled' });
  });

  it('has no effect on a form that another click moved on in the meantime', async () => {
    const { replicas, id, form, slow, click } = await opened(onVault);
    slow.ms = slowMs;
    const first = replicas[0]?.click(clicked(id, 0, 'form.next', { vault: 'kv-care' }));
    await jest.advanceTimersByTimeAsync(1_000);
    slow.ms = 0;
    await click('form.back', {}, { on: 1 });
    if (first !== undefined) await running(first);
    expect(await form()).toMatchObject({ page: 'resource', revision: 1 });
  });

  it.each([false, true])('its page goes to the form’s own message; can’t be stored: %s', async (isRefused) => {
    const { click, slow, id, forms } = await opened(onVault);
    slow.ms = slowMs;
    const followed: { readonly at: object; readonly page: () => Promise<object | null> }[] = [];
    const later = { follow: (at: object, page: () => Promise<object | null>) => void followed.push({ at, page }) };
    const action = { verb: 'form.next', data: { formId: id, revision: 0, vault: 'kv-care' } };
    const sender = { person: requester, origin: personal, zone: '' };
    const elsewhere = { conversationId: 'a:chat', activityId: 'another card' };
    const options = { forms: forms(), later };
    await running(answerFormClick(options as never, {} as never, sender as never, elsewhere, { action }));
    const [{ at, page } = { at: {}, page: async () => null }] = followed;
    expect(at).toEqual({ conversationId: 'a:chat', activityId: '7' });
    forms().life.isRefused = isRefused;
    slow.ms = 0;
    if (isRefused) return expect(running(page())).rejects.toThrow('refused');
    expect(JSON.stringify(await running(page()))).toContain('Which key');
    await click('form.back');
    expect(await page()).toBeNull();
  });

  it('shows nothing of a form whose texts were erased meanwhile', async () => {
    const { click, form, slow, documents } = await opened(onVault);
    slow.ms = slowMs;
    await click('form.next', { vault: 'kv-care' });
    setTimeout(() => void documents.delete(documents.keys()), 1_000);
    expect(await click('form.refresh')).toMatchObject({ kind: 'refused', code: 'form-ended' });
    expect(await form()).toBeNull();
  });

  it('and whose process ends: the page says so where nobody else shows it, and goes on', async () => {
    const { click, seen, slow, dies, sweep, shown } = await opened(onVault);
    slow.ms = slowMs;
    await click('form.next', { vault: 'kv-care' });
    await sweep();
    expect(shown).toEqual([]);
    await dies();
    await sweep();
    expect(shown).toEqual([expect.stringContaining('The bot restarted while it was waiting for Azure')]);
    expect(await seen('form.refresh')).toContain('Which key');
  });

  it('and a process that ends once the page is stored, before it is shown', async () => {
    const { click, seen, slow, dies, sweep, shown } = await opened(onVault);
    slow.ms = slowMs;
    await click('form.next', { vault: 'kv-care' });
    await jest.advanceTimersByTimeAsync(2 * slowMs);
    await dies();
    await sweep();
    expect(shown).toEqual([expect.stringContaining('Which key')]);
    expect(await seen('form.refresh')).toContain('Which key');
    await sweep();
    expect(shown).toHaveLength(1);
  });

  it('and a submit whose process ends: it asks for a click of now, and keeps what was written', async () => {
    const { click, seen, slow, dies, requests } = await opened();
    slow.ms = slowMs;
    await click('form.submit', filled);
    expect(await seen('form.refresh', {}, { on: 1 })).toContain('Azure takes longer than usual');
    expect(requests.all()).toEqual([]);
    await dies();
    const asked = await seen('form.refresh', {}, { on: 1 });
    expect(asked).toContain('The request was not submitted.');
    expect(asked).toContain('Policy 7');
    expect(requests.all()).toEqual([]);
    expect(await click('form.submit', filled)).toMatchObject({ kind: 'submitted' });
  });

  it('and a submit that is clicked again, on two replicas in turn: the first that is read counts', async () => {
    const { click, slow, requests } = await opened();
    slow.ms = slowMs;
    for (const on of [0, 1, 0, 1]) await click('form.submit', filled, { on });
    expect(requests.all()).toHaveLength(1);
  });
});

/** A form of which a request was stored right before the process ended: the form doesn't know of it. */
const storedAndEnded = async (change: Partial<Form> = {}) => {
  const world = await opened((ports) => reviewed(ports, { origin: personal, ...change }));
  const before = await world.documents.read(world.documents.keys());
  await world.click('form.submit', filled);
  const now = await world.documents.read(world.documents.keys());
  const etags = Object.entries(before).map(([name, value]) => [name, { ...value, eTag: now[name]?.eTag }]);
  await world.documents.write(Object.fromEntries(etags));
  return world;
};

describe('a form whose request was stored right before its process ended', () => {
  it('is not closed over the request’s card or called lost, and does not say that nothing was stored', async () => {
    const { pass, shown, removed, click } = await storedAndEnded();
    await pass(120);
    expect([shown, removed]).toEqual([[], []]);
    expect(await click('form.cancel')).toMatchObject({ kind: 'submitted' });
  });

  it('is submitted, where its click was still under way', async () => {
    const pending = { verb: 'form.submit', inputs: inputs(filled), look: 'F-0000000001' };
    const { click, documents, id, sweep, shown, requests } = await storedAndEnded({ pending });
    await documents.write({ [`looking/${id}`]: {} });
    await jest.advanceTimersByTimeAsync(minuteMs);
    await sweep();
    expect(shown).toEqual([]);
    expect(await click('form.refresh', {}, { on: 1 })).toMatchObject({ kind: 'submitted' });
    expect(requests.all()).toHaveLength(1);
  });
});

describe('an unfinished form', () => {
  it.each([
    ['a channel', channel, 10, 6, 'removed'],
    ['a personal chat', personal, 50, 15, 'shown'],
  ] as const)('in %s stays a while, and is then closed', async (_where, origin, stays, more, how) => {
    const world = await opened((ports) => formOn('resource', ports, { origin }));
    await world.pass(stays);
    expect([world.shown, world.removed]).toEqual([[], []]);
    await world.pass(more);
    expect(world[how]).toHaveLength(1);
    if (how === 'removed') return;
    expect(world.shown[0]).toContain('closed after an hour without changes');
    expect(await world.seen('form.refresh')).toContain('closed after an hour');
    expect(await world.seen('form.resume')).toContain('Which resource');
  });

  it('that was closed and still looks open is submitted with what was written', async () => {
    const { pass, click, load } = await opened();
    await pass(65);
    expect(await click('form.submit', filled)).toMatchObject({ kind: 'submitted' });
    expect(await load()).toMatchObject({ justification: 'Policy 7' });
  });

  it('that was canceled is gone in a channel a minute later, and stays in a chat', async () => {
    for (const origin of [channel, personal]) {
      const { click, pass, removed } = await opened((ports) => reviewed(ports, { origin }));
      await click('form.cancel');
      await pass(2);
      expect(removed).toHaveLength(origin === channel ? 1 : 0);
    }
  });

  it.each([
    ['was used just before', 1, 0],
    ['was left', 3, 1],
  ])('that %s makes way for the next one of its owner, or not', async (_what, minutes, gone) => {
    const { form, sweeper, removed, seen } = await opened((ports) => formOn('resource', ports, { origin: channel }));
    const earlier = await form();
    if (earlier !== null) await replaceEarlierForm(sweeper, earlier);
    await jest.advanceTimersByTimeAsync(minutes * minuteMs);
    await replaceEarlierForm(sweeper, formOn('resource', commandWorld().ports, { origin: channel }));
    expect(removed).toHaveLength(gone);
    if (gone === 1) expect(await seen('form.refresh')).toMatch(/closed because you opened another one.*form\.resume/);
  });

  it('whose texts were erased has ended, and its message goes, unless it is the request’s card', async () => {
    const edit = await opened((ports) => reviewed(ports, { origin: personal, changes: { asking: 1 } }));
    await edit.erase();
    expect(await edit.click('form.submit', filled)).toMatchObject({ code: 'form-ended' });
    await edit.sweep();
    expect(edit.removed).toEqual(['7']);
    const made = await opened();
    await made.click('form.submit', filled);
    await made.erase();
    await made.pass(2);
    expect(made.removed).toEqual([]);
  });

  it('whose message Teams refuses keeps no other one open', async () => {
    const world = await opened((ports) => formOn('resource', ports, { origin: channel }));
    await world.replicas[0]?.open(await reviewed(world.ports, { origin: { ...channel, messageId: '8' } }));
    const remove = async ({ activityId }: { readonly activityId: string }) => {
      if (activityId === '7') throw new Error('refused');
      world.removed.push(activityId);
    };
    await jest.advanceTimersByTimeAsync(16 * minuteMs);
    await expect(closeAbandonedForms({ ...world.sweeper, chat: { ...world.sweeper.chat, remove } })).rejects.toThrow();
    expect(world.removed).toEqual(['8']);
  });
});

describe('a form that a request’s button opens', () => {
  const asked = async (...commands: readonly Command[]) => {
    const world = await opened();
    await world.click('form.submit', filled);
    for (const command of commands) await world.append(world.requestId, command);
    const request = await world.load();
    if (request === null) throw new Error('there is no request');
    return { ...world, request };
  };
  const rejected = decides('reject', approver, { comment: 'Say which ward' });
  const edit = (by = requester) => ({ ...call(), by, asking: 1, zone: '' });

  it('asks again for the vault after a rejection, and for nothing after a cancellation', async () => {
    const afterReject = await asked(rejected);
    const again = await openAgain(afterReject.request, call(), afterReject.ports);
    expect(again).toMatchObject({
      form: { page: 'vault', justification: 'Policy 7', rejected: afterReject.requestId },
    });
    expect(again).not.toHaveProperty('form.answers.vault');
    const afterCancel = await asked(cancels());
    expect(await openAgain(afterCancel.request, call(), afterCancel.ports)).toMatchObject({
      form: { page: 'review', answers: { vault: vaultId } },
    });
  });

  it.each([true, false])('keeps no text that was erased before it was stored (%s)', async (isErased) => {
    const { request, ports, append, requestId, documents } = await asked(cancels());
    const again = await openAgain(request, call(), ports);
    if (again.kind === 'refused') throw new Error(again.code);
    if (isErased) await append(requestId, { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' });
    await documents.delete(documents.keys());
    const forms = openForms({ ...ports, documents, portal: null, isTaken: async () => false });
    expect((await forms.open(again.form)).kind).toBe(isErased ? 'refused' : 'card');
    expect(documents.all().includes('Policy 7')).toBe(!isErased);
  });

  it('is for whoever asked, while they have the role', async () => {
    const open = await asked();
    const ended = await asked(cancels());
    const other = { ...call(), by: approver };
    expect(await openAgain(ended.request, other, ended.ports)).toMatchObject({ code: 'not-your-request' });
    expect(await openAgain(open.request, call(), open.ports)).toMatchObject({ code: 'resource-has-open-request' });
    expect(await openChange(open.request, edit(approver), open.ports)).toMatchObject({ code: 'not-your-request' });
    open.roleStatus.value = 'no';
    expect(await openChange(open.request, edit(), open.ports)).toMatchObject({ code: 'not-a-requester' });
    expect(await openAgain(ended.request, call(), { ...ended.ports, requesterStatus: async () => 'no' })).toMatchObject(
      { code: 'not-a-requester' },
    );
  });

  /** An edit of a request that waits, opened in its own message. */
  const editing = async (world: Awaited<ReturnType<typeof asked>>, origin: typeof personal | typeof channel) => {
    const found = await openChange(world.request, { ...edit(), origin }, world.ports);
    if (found.kind === 'refused') throw new Error(found.code);
    const form = { ...found.form, origin };
    await world.replicas[0]?.open(form);
    const submitted = (justification: string) =>
      clicked(form.id, form.revision, 'form.submit', { ...filled, justification });
    return { form, submit: (reason: string) => running(world.forms().click(submitted(reason))) };
  };

  it('stores each edit once, and an edit of an outdated card not at all', async () => {
    const world = await asked();
    const one = await editing(world, personal);
    const other = await editing(world, personal);
    await Promise.all([one.submit('For the audit'), one.submit('For the audit')]);
    expect(JSON.stringify(await other.submit('For the contract'))).toContain('was edited in the meantime');
    expect((await world.load())?.justification).toBe('For the audit');
    const request = await world.load();
    const again = request && (await openChange(request, { ...edit(), asking: request.asking }, world.ports));
    if (again?.kind !== 'open-form') throw new Error('no edit');
    await world.replicas[0]?.open(again.form);
    const third = clicked(again.form.id, 0, 'form.submit', { ...filled, justification: 'For the contract' });
    await running(world.forms().click(third));
    const types = world.requests.all().map(({ body }) => body.type);
    expect(types).toEqual(['submitted', 'request-changed', 'request-changed']);
  });

  it('goes when its request waits for it no more, and not before', async () => {
    const world = await asked();
    await editing(world, personal);
    await world.sweep();
    expect(world.shown).toEqual([]);
    await world.append(world.requestId, rejected);
    await world.sweep();
    expect(world.shown).toEqual([expect.stringContaining('The edit wasn’t submitted.')]);
    expect(world.shown[0]).not.toContain('form.resume');
  });

  it.each([personal, channel])('that was stored when its process ended says so, or goes: %#', async (origin) => {
    const world = await asked();
    const { form, submit } = await editing(world, origin);
    const before = (await world.documents.read([`form/${form.id}`]))[`form/${form.id}`];
    await submit('For the audit');
    await world.documents.write({ [`form/${form.id}`]: { ...before, eTag: '*' }, [`looking/${form.id}`]: {} });
    await jest.advanceTimersByTimeAsync(minuteMs);
    await world.sweep();
    const isPersonal = origin === personal;
    expect(new Set(world.shown.map((card) => card.includes('was edited.')))).toEqual(new Set(isPersonal ? [true] : []));
    expect(world.removed.length > 0).toBe(!isPersonal);
  });
});

describe('a button that posts a card', () => {
  const by = { person: requester, origin: { conversationId: '19:ops', conversationType: 'channel' } } as const;
  const documents = memoryDocuments();
  let at = noon;
  const isFirst = (who: Parameters<ReturnType<typeof openClickDedupe>['isFirst']>[0] = by, verb = 'ask', about = 'x') =>
    openClickDedupe(documents, () => at).isFirst(who, verb, about);

  it('counts once for clicks at once or soon after, on every replica, and again half a minute later', async () => {
    expect((await Promise.all([isFirst(), isFirst(), isFirst()])).filter(Boolean)).toHaveLength(1);
    const later = async (seconds: number) => {
      at = new Date(at.getTime() + seconds * 1_000);
      return isFirst();
    };
    // The last: the clock was set back by hours.
    expect([await later(15), await later(15), await later(-7_200)]).toEqual([false, true, true]);
  });

  it('counts for each person, place, button and matter', async () => {
    const elsewhere = { ...by, origin: { ...by.origin, conversationId: '19:chat' } };
    const byOther = { ...by, person: approver };
    const clicks = [isFirst(byOther), isFirst(elsewhere), isFirst(by, 'open'), isFirst(by, 'ask', 'y')];
    expect(await Promise.all(clicks)).toEqual([true, true, true, true]);
  });
});
