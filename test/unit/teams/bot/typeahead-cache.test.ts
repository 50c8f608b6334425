import { catchFailure, done, failed, type Outcome } from '../../../../src/domain/failure.ts';
import type { ResourceSummary } from '../../../../src/domain/ports/inventory.ts';
import { openTypeaheadCache } from '../../../../src/teams/bot/typeahead.ts';
import { failure } from '../../../support/builders/commands.ts';

/** A tenant that is asked for its agents, and a clock that stands still until it is put on. */
function tenant(...names: string[]) {
  const asked: string[] = [];
  const there = [...names];
  let answers: (found: Outcome<readonly ResourceSummary[]>) => Promise<Outcome<readonly ResourceSummary[]>> = async (
    found,
  ) => found;
  let ms = 0;
  const resources = (text: string, top: number) => {
    asked.push(text);
    const found = there.filter((name) => name.toLowerCase().includes(text.toLowerCase())).toSorted();
    return answers(done(found.slice(0, top).map((name) => ({ name }) as ResourceSummary)));
  };
  const choices = openTypeaheadCache({ resources }, () => ms);
  return {
    asked,
    there,
    answer: (as: typeof answers) => {
      answers = as;
    },
    pass: (more: number) => {
      ms += more;
    },
    async typed(text: string, top = 15) {
      const found = await catchFailure(() => choices.containing(text, top));
      return found.ok ? found.value.map(({ name }) => name) : 'failed';
    },
  };
}

const many = Array.from({ length: 1100 }, (_, n) => `bot-${String(n).padStart(4, '0')}`);

it('asks for further letters where there are more agents than came', async () => {
  const { typed, asked } = tenant(...many);
  expect(await typed('bot')).toEqual(many.slice(0, 15));
  expect(await typed('bot-02')).toEqual(many.slice(200, 215));
  expect(await typed('bot-024')).toEqual(many.slice(240, 250));
  expect(await typed('bot-0241')).toEqual(many.slice(241, 242));
  expect(asked).toEqual(['', 'bot', 'bot-02', 'bot-024']);
});

it('is one question for what is typed while it waits', async () => {
  const { typed, asked } = tenant('triage-prod');
  await Promise.all(['tri', 'triage', 'tri'].map((text) => typed(text)));
  expect(asked).toEqual(['']);
});

it('takes exactly as many as were asked for as perhaps not all', async () => {
  const { typed, asked } = tenant(...many.slice(0, 1000));
  await typed('bot');
  await typed('bot-09');
  expect(asked).toEqual(['', 'bot', 'bot-09']);
});

it('finds an agent that is new, and no more one that is gone, after 15 seconds', async () => {
  const { typed, there, pass } = tenant('triage-prod', 'triage-test');
  await typed('triage');
  there.splice(0, 1, 'triage-new');
  expect(await typed('triage')).toEqual(['triage-prod', 'triage-test']);
  expect(await typed('triage-n')).toEqual([]);
  pass(15_000);
  expect(await typed('triage-n')).toEqual(['triage-new']);
  expect(await typed('triage')).toEqual(['triage-new', 'triage-test']);
});

it('counts from when Resource Graph was asked, however late it answered', async () => {
  const { typed, asked, answer, pass } = tenant('triage-prod');
  answer(async (found) => {
    pass(15_000);
    return found;
  });
  await typed('tri');
  await typed('tri');
  expect(asked).toEqual(['', '']);
});

it('keeps no failure', async () => {
  const { typed, asked, answer } = tenant('triage-prod');
  answer(async () => failed(failure()));
  expect(await typed('tri')).toBe('failed');
  answer(async (found) => found);
  expect(await typed('tri')).toEqual(['triage-prod']);
  expect(asked).toEqual(['', '']);
});

it('keeps no more than 200 questions', async () => {
  const { typed, asked } = tenant(...many);
  await typed('bot');
  for (let n = 0; n < 200; n += 1) await typed(`x${n}x`);
  await typed('bot');
  expect(asked.filter((text) => text === 'bot')).toHaveLength(2);
});

it.each(['tri age', "tri' or '", 'trı', 'triage-\u212a', 'y'.repeat(65)])(
  'does not ask for %j: it is part of no name',
  async (odd) => {
    const { typed, asked } = tenant('triage-prod');
    expect(await typed(odd)).toEqual([]);
    expect(asked).toEqual([]);
  },
);
