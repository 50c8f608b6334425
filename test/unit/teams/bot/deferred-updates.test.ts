import { setTimeout as pause } from 'node:timers/promises';
import { Throttled } from '../../../../src/domain/retry.ts';
import { isDatabaseUnavailable } from '../../../../src/store/db-errors.ts';
import { answerFormClick } from '../../../../src/teams/bot/form-click.ts';
import { openForms } from '../../../../src/teams/bot/forms.ts';
import { openDeferredUpdates } from '../../../../src/teams/bot/reply.ts';
import { nothing } from '../../../../src/teams/cards/plain-text.ts';
import { lookingCard, messageCard } from '../../../../src/teams/cards/views/short-views.ts';
import { commandWorld, reviewed } from '../../../support/builders/command-world.ts';
import { requester } from '../../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';

const at = { conversationId: '19:operations@thread.tacv2', activityId: '7' };
const answer = messageCard('The answer', nothing);
const fault = async () => {
  throw Object.assign(new Error('the database was restarted'), { code: '57P01' });
};
const bug = async () => {
  throw new TypeError('a bug');
};

/** Deferred updates over a chat, with what was sent and logged a second later. */
async function ofUpdates(
  begin: (later: ReturnType<typeof openDeferredUpdates>) => void,
  failing: (attempt: number) => Error | null = () => null,
  ms = 1_000,
) {
  const sent: (string | undefined)[] = [];
  const logged: string[] = [];
  const log = (level: string) => () => void logged.push(level);
  const update = async (_at: object, card: { readonly fallbackText?: string }) => {
    sent.push(card.fallbackText);
    const error = failing(sent.length);
    if (error !== null) throw error;
    return true;
  };
  const logs = { error: log('error'), warn: log('warn') };
  begin(openDeferredUpdates({ chat: { update }, log: logs, isDatabaseUnavailable }));
  await pause(ms);
  return { sent, logged };
}

test('a card stays as it is when its update can’t be read, or gets no answer from Teams; a bug is an error', async () => {
  expect(await ofUpdates((later) => later.follow(at, bug))).toEqual({ sent: [], logged: ['error'] });
  expect(await ofUpdates((later) => later.follow(at, fault))).toEqual({ sent: [], logged: ['warn'] });
  const unanswered = await ofUpdates(
    (later) => later.follow(at, async () => answer),
    () => new Error('Teams did not answer'),
  );
  expect(unanswered).toEqual({ sent: ['The answer'], logged: ['warn'] });
});

test('an answer that Teams throttles, or fails to take, is sent once more after a wait', async () => {
  const failures = [
    new Throttled(300),
    Object.assign(new Error('502'), { statusCode: 502 }),
    // These aren't sent again.
    new Throttled(600_000),
    Object.assign(new Error('409'), { statusCode: 409 }),
  ];
  const answers = failures.map((error) => {
    const failing = (attempt: number) => (attempt === 1 ? error : null);
    return ofUpdates((later) => later.replace(at, Promise.resolve(answer)), failing, 3_500);
  });
  const [twice, once] = [
    { sent: ['The answer', 'The answer'], logged: [] },
    { sent: ['The answer'], logged: ['warn'] },
  ];
  expect(await Promise.all(answers)).toEqual([twice, twice, once, once]);
});

test('a placeholder says that its answer failed', async () => {
  const { sent, logged } = await ofUpdates((later) => later.replace(at, fault()));
  expect(sent).toEqual([expect.stringContaining('Something unexpected happened.')]);
  expect(logged).toEqual(['error']);
});

test('an answer that Teams might have shown isn’t replaced with an error', async () => {
  const { sent, logged } = await ofUpdates(
    (later) => later.replace(at, Promise.resolve(lookingCard())),
    () => new Error('Teams did not answer'),
  );
  expect(sent).toHaveLength(1);
  expect(logged).toEqual(['warn']);
});

/**
 * A slow click on a form, whose client says that it is on another message. Returns the messages that were written over, at least `wanted`. `meanwhile`:
 * what the owner clicks while Teams throttles the first update.
 */
async function afterSlowClick(verb: string, documentsFail: boolean, wanted: number, meanwhile: string | null = null) {
  const { ports } = commandWorld();
  const documents = memoryDocuments();
  const forms = openForms({ ports, documents, portal: null, isTaken: async () => false });
  const origin = { conversationId: 'a:chat', conversationType: 'personal', messageId: '7' } as const;
  const opened = await forms.open(await reviewed(ports, { origin }));
  if (opened.kind !== 'card') throw new Error('the form did not open');
  const { id: formId, revision } = opened.form;
  let answerNow = (): void => undefined;
  const azure = new Promise<void>((resolve) => {
    answerNow = resolve;
  });
  const { get } = ports.azure.resources;
  Object.assign(ports.azure.resources, {
    get: async (...args: Parameters<typeof get>) => azure.then(() => get(...args)),
  });
  const written: string[] = [];
  const update = async ({ activityId }: { readonly activityId: string }) => {
    written.push(activityId);
    if (meanwhile === null || written.length > 1) return true;
    const now = (await forms.read(formId, requester))?.revision ?? -1;
    await forms.click({ by: requester, formId, revision: now, verb: meanwhile, inputs: {}, at: null });
    throw new Throttled(200);
  };
  const log = { error: () => undefined, warn: () => undefined };
  const later = openDeferredUpdates({ chat: { update }, log, isDatabaseUnavailable });
  const clicked = { conversationId: 'a:chat', activityId: 'another card' };
  const click = {
    action: { verb, data: { formId, revision, acknowledgeDataLoss: 'true', justification: 'Policy 7' } },
  };
  const answered = await answerFormClick(
    { forms, later } as never,
    {} as never,
    { person: requester, origin, zone: '' } as never,
    clicked,
    click as never,
  );
  expect(JSON.stringify(answered)).toContain('This page updates automatically.');
  if (documentsFail) Object.assign(documents, { write: fault });
  answerNow();
  while (written.length < wanted) await pause(50);
  // For more than that.
  await pause(1_000);
  return written;
}

test('the page that a slow click leads to replaces the form’s own message, whatever the client says', async () => {
  expect(await afterSlowClick('form.refresh', false, 1)).toEqual(['7']);
});

test('a page that Teams throttled is sent once more, unless its owner has left it', async () => {
  const stays = afterSlowClick('form.refresh', false, 2, 'form.refresh');
  const leaves = afterSlowClick('form.refresh', false, 1, 'form.back');
  expect(await Promise.all([stays, leaves])).toEqual([['7', '7'], ['7']]);
});

test('the message of a form stays when what came of its slow click can’t be stored', async () => {
  expect(await afterSlowClick('form.submit', true, 0)).toEqual([]);
});
