/** What single cards promise: who can click what in which state, and what the approver has to see. */

import { readFileSync } from 'node:fs';
import type { CardName } from '../../src/teams/cards/data/registry.ts';
import { renderCard } from '../../src/teams/cards/render-card.ts';
import { executesOf, inputsOf, textsOf } from './card-walk.ts';

const render = (sample: string) =>
  renderCard(
    sample.split('.')[0] as CardName,
    JSON.parse(readFileSync(new URL(`../../cards/samples/${sample}.json`, import.meta.url), 'utf8')) as never,
  );
const verbsOf = (sample: string): readonly string[] => {
  const card = render(sample);
  return executesOf(card.body).map((action) => String(action.verb));
};
const inputOf = (sample: string, id: string) => inputsOf(render(sample)).find((input) => input.id === id);
const datasetOf = (sample: string, id: string): unknown => {
  const query: unknown = inputOf(sample, id)?.['choices.data'];
  return typeof query === 'object' && query !== null && 'dataset' in query ? query.dataset : undefined;
};

test('a page that offers nothing to choose has no Next', () => {
  expect(verbsOf('form-vault.none-suitable')).toEqual(['form.back', 'form.cancel']);
  expect(verbsOf('form-resource.none')).toEqual(['form.cancel']);
});

test('typeahead asks for the form’s own vaults and keys', () => {
  const formId = 'F-2M8D4T7KQX';
  expect(datasetOf('form-resource', 'resource')).toBe('agents');
  expect(datasetOf('form-vault.many', 'vault')).toBe(`vaults/${formId}`);
  expect(datasetOf('form-key-existing.many', 'key')).toBe(`keys/${formId}`);
});

describe('the review', () => {
  test('wants the data-loss tick and a reason before Submit', () => {
    expect(inputOf('form-review.ready', 'acknowledgeDataLoss')?.isRequired).toBe(true);
    expect(inputOf('form-review.ready', 'justification')?.isRequired).toBe(true);
  });
  test('asks for neither when it is blocked', () => expect(inputsOf(render('form-review.blocked'))).toEqual([]));
});

describe('the approval', () => {
  test('asks for the tick only when a step is irreversible, and never on the client, or Reject would need it too', () => {
    expect(inputOf('approval', 'acknowledgeIrreversible')).not.toHaveProperty('isRequired');
    expect(inputOf('approval.no-irreversible', 'acknowledgeIrreversible')).toBeUndefined();
  });
  test('folds nothing that decides', () => {
    const card = render('approval.plan-changed');
    const seen = card.body.filter((element) => element.isVisible !== false);
    const text = textsOf(seen).join('\n');
    for (const needed of ['triage-agent-prod', 'Can’t be undone', 'Keep the agent and the key', 'Requester'])
      expect(text).toContain(needed);
    expect(text).toContain('The plan changed');
    const ids = inputsOf(seen).map((input) => input.id);
    // The second stands behind Reject.
    expect(ids).toEqual(['acknowledgeIrreversible', 'reason']);
  });
  test('mentions exactly the people its text names', () => {
    const card = render('approval');
    const { entities } = card.msteams as { entities: { text: string }[] };
    const named = textsOf(card)
      .join('\n')
      .matchAll(/<at>.*?<\/at>/g);
    expect(entities.map(({ text }) => text)).toEqual([...named].map(([tag]) => tag));
  });
  test('refreshes for the people named in the data', () => {
    expect(render('approval').refresh).toMatchObject({
      userIds: ['29:20000000-0000-4000-8000-000000000002'],
      action: { verb: 'request.refresh', data: { requestId: 'CMK-7F3K9Q', revision: 7 } },
    });
  });
});
