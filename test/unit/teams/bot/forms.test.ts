import { jest } from '@jest/globals';
import { decide } from '../../../../src/domain/request/decide.ts';
import { operatorActor } from '../../../../src/domain/request/events.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { submit } from '../../../../src/operations/form-clicks.ts';
import { openAgain } from '../../../../src/operations/open-form.ts';
import { openForms } from '../../../../src/teams/bot/forms.ts';
import { call, commandWorld, formOn, inputs, reviewed } from '../../../support/builders/command-world.ts';
import { cancel } from '../../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';
import { ref } from '../../../support/builders/plans.ts';

/** A form that repeats an ended request, opened before and stored after the request's texts were erased. */
test.each([true, false])(
  'a form that is stored after its texts were erased (%s) keeps none of them',
  async (isErased) => {
    const { ports, requests } = commandWorld();
    const form = await reviewed(ports);
    await submit(form, inputs({ acknowledgeDataLoss: 'true', justification: 'A patient' }), ports);
    const append = (command: Command) =>
      requests.append(form.requestId, command.do, (request, now) => decide(request, command, now));
    const ended = await append(cancel());
    if (ended.kind === 'refused') throw new Error(ended.code);
    const again = await openAgain(ended.request, call(), ports);
    if (again.kind === 'refused') throw new Error(again.code);
    if (isErased) await append({ do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' });
    const documents = memoryDocuments();
    const opened = await openForms({ documents, ports, portal: null, isTaken: async () => false }).open(again.form);
    expect(opened.kind).toBe(isErased ? 'refused' : 'card');
    expect(documents.all().includes('A patient')).toBe(!isErased);
  },
);

/** Each call of Azure takes so long that a click on one replica isn't answered in time. */
test('a page that takes long appears although its owner refreshes on one replica and another', async () => {
  const { ports } = commandWorld();
  const slowly =
    <Args extends unknown[], Answer>(read: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      return read(...args);
    };
  const resources = { ...ports.azure.resources, get: slowly(ports.azure.resources.get) };
  const azure = { ...ports.azure, resources };
  const documents = memoryDocuments();
  const replica = () => openForms({ documents, ports: { ...ports, azure }, portal: null, isTaken: async () => false });
  const replicas = [replica(), replica()] as const;
  jest.useFakeTimers();
  try {
    const form = formOn('resource', ports);
    const answered = async <T>(answering: Promise<T>): Promise<T> => {
      let isAnswered = false;
      void answering.finally(() => {
        isAnswered = true;
      });
      while (!isAnswered) await jest.advanceTimersByTimeAsync(500);
      return answering;
    };
    await answered(replicas[0].open(form));
    const click = (n: number, verb: string, revision: number) =>
      answered(
        replicas[n % 2 === 0 ? 0 : 1].click({
          by: form.owner,
          formId: form.id,
          revision,
          verb,
          inputs: inputs({ resource: ref().id }),
          at: null,
        }),
      );
    await click(0, 'form.next', 0);
    let now = await replicas[0].read(form.id, form.owner);
    for (let n = 1; n <= 8 && now?.page === 'resource'; n += 1) {
      await click(n, 'form.refresh', now.revision);
      now = await replicas[0].read(form.id, form.owner);
    }
    expect(now?.page).toBe('vault');
  } finally {
    jest.useRealTimers();
  }
});
