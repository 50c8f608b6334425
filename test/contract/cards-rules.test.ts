/** What single cards promise: who can click what in which state, and what the approver has to see. */

import { secondApprover } from '../support/builders/commands.ts';
import { approver, requester } from '../support/builders/fixtures.ts';
import { stateNamed } from '../support/cards/card-states.ts';
import { formCards } from '../support/cards/gallery-forms.ts';
import { cardsOf } from '../support/cards/gallery-requests.ts';
import { reviewCards } from '../support/cards/gallery-reviews.ts';
import { executesOf, inputsOf, textsOf } from './card-walk.ts';

const states = ['awaiting-approval', 'awaiting-nothing-irreversible', 'plan-changed'];
const requests = states.flatMap((state) => cardsOf(state, stateNamed(state)));
const gallery = [...formCards(), ...reviewCards(), ...requests];
const cardNamed = (name: string) => {
  const found = gallery.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no card ${name}`);
  return found.card;
};
const verbsOf = (name: string): readonly string[] => executesOf(cardNamed(name).body).map(({ verb }) => String(verb));
const inputOf = (name: string, id: string) => inputsOf(cardNamed(name)).find((input) => input.id === id);
const datasetOf = (name: string, id: string): unknown => {
  const query: unknown = inputOf(name, id)?.['choices.data'];
  return typeof query === 'object' && query !== null && 'dataset' in query ? query.dataset : undefined;
};

test('a page that offers nothing to choose has no Next', () => {
  expect(verbsOf('form-vault.none-usable')).toEqual(['form.back', 'form.cancel']);
  expect(verbsOf('form-resource.none')).toEqual(['form.cancel']);
  const said = textsOf(cardNamed('form-resource.none')).join('\n');
  expect(said).toContain('that takes Microsoft.HealthBot/healthBots/read.');
});

test('typeahead asks for the form’s own vaults and keys', () => {
  const formId = 'F-2M8D4T7KQX';
  expect(datasetOf('form-resource.open', 'resource')).toBe('agents');
  expect(datasetOf('form-vault.many', 'vault')).toBe(`vaults/${formId}`);
  expect(datasetOf('form-key-existing.many', 'key')).toBe(`keys/${formId}`);
});

describe('the review', () => {
  test('wants the data-loss tick and a reason before Submit', () => {
    expect(inputOf('form-review.ready', 'acknowledgeDataLoss')?.isRequired).toBe(true);
    expect(inputOf('form-review.ready', 'justification')?.isRequired).toBe(true);
  });
  test('asks for neither when it is blocked', () => expect(inputsOf(cardNamed('form-review.blocked'))).toEqual([]));
});

describe('the approval', () => {
  test('asks for the tick only when a step is irreversible, and never on the client, or Reject would need it too', () => {
    expect(inputOf('awaiting-approval.approver', 'acknowledgeIrreversible')).not.toHaveProperty('isRequired');
    expect(inputOf('awaiting-nothing-irreversible.approver', 'acknowledgeIrreversible')).toBeUndefined();
  });
  test('refreshes for the people named in the data', () => {
    const { refresh } = cardNamed('awaiting-approval.approver');
    expect(refresh).toMatchObject({
      userIds: [requester, approver, secondApprover].map((id) => `29:${id}`),
      action: {
        verb: 'request.refresh',
        data: { requestId: 'CMK-7F3K9Q', revision: stateNamed('awaiting-approval').asking },
      },
    });
  });
});
