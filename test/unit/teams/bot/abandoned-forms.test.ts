import type { Form } from '../../../../src/operations/form.ts';
import { submit } from '../../../../src/operations/form-clicks.ts';
import {
  closeAbandonedForms,
  recoverLostFormJobs,
  replaceEarlierForm,
} from '../../../../src/teams/bot/abandoned-forms.ts';
import { openForms } from '../../../../src/teams/bot/forms.ts';
import { commandWorld, formOn, inputs, reviewed } from '../../../support/builders/command-world.ts';
import { requester } from '../../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';

const personal = { conversationId: 'a:chat', conversationType: 'personal', messageId: '7' } as const;

/** Forms, and the sweeper that finds all of them old. When it closes one, and what that says: test/long/open-forms.test.ts. */
async function world(formOf: (ports: ReturnType<typeof commandWorld>['ports']) => Form | Promise<Form>) {
  const { ports, requests } = commandWorld();
  const documents = memoryDocuments();
  const forms = openForms({ ports, documents, portal: null, isTaken: async () => false });
  const shown: string[] = [];
  const removed: unknown[] = [];
  const options = {
    documents: {
      ...documents,
      leftFor: async (prefix: string) =>
        documents.keys().flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])),
    },
    chat: {
      update: async (_at: object, card: object) => shown.push(JSON.stringify(card)) > 0,
      remove: async (at: object) => void removed.push(at),
    },
    directory: { names: async () => () => 'Requester' },
    people: { among: async () => [] },
    requests: ports.requests,
  };
  const opened = await forms.open(await formOf(ports));
  if (opened.kind !== 'card') throw new Error('the form did not open');
  const { form } = opened;
  const click = async (verb: string, inputs: object = {}) =>
    forms.click({ by: requester, formId: form.id, revision: form.revision, verb, inputs, at: null });
  const view = async () => JSON.stringify(await click('form.refresh'));
  /** What an erasure does in the database. */
  const erase = () => documents.delete([`form/${form.id}`]);
  return { form, forms, options, click, view, shown, removed, requests, erase, ports };
}

test('the submit of a closed form that still looks open creates the request, with what was written', async () => {
  const { options, click, requests, form } = await world((ports) => reviewed(ports, { alone: true }));
  await closeAbandonedForms(options);
  const answer = await click('form.submit', { acknowledgeDataLoss: 'true', justification: 'Policy 7, at length' });
  expect(answer).toMatchObject({ kind: 'submitted' });
  expect(await requests.load(form.requestId)).toMatchObject({ justification: 'Policy 7, at length' });
});

test('a form that another one replaced says so, and can be continued', async () => {
  const { form, options, view } = await world((ports) => formOn('resource', ports));
  await replaceEarlierForm(options, form);
  const unused = { ...options.documents, leftFor: async () => [''] };
  await replaceEarlierForm({ ...options, documents: unused }, formOn('resource', commandWorld().ports));
  expect(await view()).toMatch(/closed because you opened another one.*form\.resume/);
});

test('a form whose request no longer waits for the edit says so, and can’t be continued', async () => {
  const { form, options, shown } = await world((ports) =>
    reviewed(ports, { origin: personal, changes: { asking: 1 } }),
  );
  const leftFor = async (prefix: string) => (prefix === 'edit-form/' ? [form.id] : []);
  await closeAbandonedForms({ ...options, documents: { ...options.documents, leftFor } });
  expect(shown).toEqual([
    expect.stringContaining(`because ${form.requestId} was changed, decided or ended. The edit wasn’t submitted.`),
  ]);
  expect(shown[0]).not.toContain('form.resume');
});

test('a form whose texts were erased has ended, and its message goes', async () => {
  const edit = await world((ports) => reviewed(ports, { origin: personal, changes: { asking: 1 } }));
  await edit.erase();
  expect(await edit.click('form.submit', { acknowledgeDataLoss: 'true' })).toMatchObject({ code: 'form-ended' });
  await closeAbandonedForms(edit.options);
  expect(edit.removed).toEqual([{ conversationId: 'a:chat', activityId: '7' }]);
});

test('the message of a request stays when the form is erased that made it', async () => {
  const made = await world((ports) => reviewed(ports, { origin: personal }));
  await made.click('form.submit', { acknowledgeDataLoss: 'true', justification: 'Policy 7' });
  await made.erase();
  await closeAbandonedForms(made.options);
  expect(made.removed).toEqual([]);
});

test('a submit during which the texts are erased stores nothing', async () => {
  const { click, erase, ports, requests } = await world((made) => reviewed(made));
  const { get } = ports.azure.resources;
  Object.assign(ports.azure.resources, {
    get: async (...args: Parameters<typeof get>) => {
      await erase();
      return get(...args);
    },
  });
  const answer = await click('form.submit', { acknowledgeDataLoss: 'true', justification: 'Policy 7' });
  expect(answer).toMatchObject({ code: 'form-ended' });
  expect(requests.all()).toEqual([]);
});

test.each(['personal', 'channel'] as const)(
  'the message of a lost edit that was stored goes, or says that it was stored (%s)',
  async (conversationType) => {
    const filled = inputs({ acknowledgeDataLoss: 'true', justification: 'Policy 7' });
    const origin = { ...personal, conversationType };
    const pending = { verb: 'form.submit', inputs: filled, look: 'F-0000000001' };
    const { form, options, shown, removed, ports } = await world(async (made) => {
      const asked = await reviewed(made);
      await submit(asked, filled, made);
      return reviewed(made, { origin, pending, requestId: asked.requestId, changes: { asking: 1 } });
    });
    await options.documents.write({ [`looking/${form.id}`]: {} });
    const edited = await submit(form, { ...filled, justification: 'Policy 8' }, ports);
    expect(edited.problem).toBeNull();
    await recoverLostFormJobs(options);
    await closeAbandonedForms(options);
    const isPersonal = conversationType === 'personal';
    // The sweeper closes it twice here, as unused and as outdated.
    expect(new Set(shown.map((card) => card.includes(`${form.requestId} was edited.`)))).toEqual(
      new Set(isPersonal ? [true] : []),
    );
    expect(removed.length > 0).toBe(!isPersonal);
  },
);

/** Two forms in a channel, of which Teams refuses the first message. The second edits a request that waits no more. */
async function oneRefused() {
  const at = (messageId: string) => ({ origin: { ...personal, conversationType: 'channel', messageId } }) as const;
  const { form, forms, options, ports } = await world((made) => formOn('resource', made, at('1')));
  await forms.open(await reviewed(ports, { ...at('2'), changes: { asking: 1 } }));
  const written: string[] = [];
  const write = async ({ activityId }: { readonly activityId: string }) => {
    if (activityId === '1') throw new Error('refused');
    return written.push(activityId) > 0;
  };
  const { documents } = options;
  const leftFor = async (prefix: string) =>
    (await documents.leftFor(prefix)).filter((id) => prefix !== 'open-form/' || id === form.id);
  const remove = async (message: { readonly activityId: string }) => void (await write(message));
  const chat = { update: write, remove };
  return { options: { ...options, chat, documents: { ...documents, leftFor } }, written };
}

test('a form whose message Teams refuses keeps no other form open', async () => {
  const { options, written } = await oneRefused();
  await expect(closeAbandonedForms(options)).rejects.toThrow('refused');
  expect(written).toEqual(['2']);
});
