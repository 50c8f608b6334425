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

type Answer = Awaited<ReturnType<ReturnType<typeof openForms>['click']>>;

/** Two replicas, and a form on its first page. Each call of Azure takes so long that a click isn't answered in time. */
function slowWorld() {
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
  const form = formOn('resource', ports);
  const answered = async <T>(answering: Promise<T>): Promise<T> => {
    let isAnswered = false;
    void answering.finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) await jest.advanceTimersByTimeAsync(500);
    return answering;
  };
  const click = (n: 0 | 1, verb: string, revision: number) =>
    answered(
      replicas[n].click({
        by: form.owner,
        formId: form.id,
        revision,
        verb,
        inputs: inputs({ resource: ref().id }),
        at: null,
      }),
    );
  const now = () => replicas[0].read(form.id, form.owner);
  /** Refreshes on the replicas in this order until the next page is stored. Returns the last answer. */
  const refreshed = async (order: readonly (0 | 1)[]): Promise<Answer | null> => {
    let answer: Answer | null = null;
    for (const n of order) {
      const stored = await now();
      if (stored?.page !== 'resource') break;
      answer = await click(n, 'form.refresh', stored.revision);
    }
    return answer;
  };
  return { documents, now, click, refreshed, open: () => answered(replicas[0].open(form)) };
}

describe('a page that takes long', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test.each<[string, readonly (0 | 1)[]]>([
    ['on one replica and another', [1, 0, 1, 0, 1, 0, 1, 0]],
    ['on the replica that didn’t get the click', Array<1>(8).fill(1)],
  ])('appears although its owner refreshes %s', async (_, order) => {
    const { now, click, refreshed, open } = slowWorld();
    await open();
    await click(0, 'form.next', 0);
    const answer = await refreshed(order);
    const stored = await now();
    expect(stored?.page).toBe('vault');
    expect(JSON.stringify(answer?.kind === 'card' && answer.card)).toContain('Which vault holds the key?');
  });

  test('doesn’t appear if its texts were erased meanwhile', async () => {
    const { documents, now, click, refreshed, open } = slowWorld();
    await open();
    await click(0, 'form.next', 0);
    setTimeout(() => void documents.delete(documents.keys()), 1_000);
    expect(await refreshed([0])).toMatchObject({ kind: 'refused', code: 'form-ended' });
    expect(await now()).toBeNull();
  });
});
