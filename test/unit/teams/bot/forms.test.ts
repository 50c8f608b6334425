import { expect, test } from '@jest/globals';
import { decide } from '../../../../src/domain/request/decide.ts';
import { operatorActor } from '../../../../src/domain/request/events.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { submit } from '../../../../src/operations/form-clicks.ts';
import { openAgain } from '../../../../src/operations/open-form.ts';
import { openForms } from '../../../../src/teams/bot/forms.ts';
import { call, commandWorld, inputs, reviewed } from '../../../support/builders/command-world.ts';
import { cancel } from '../../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';

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
