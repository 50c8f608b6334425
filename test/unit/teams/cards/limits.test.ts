/** Every card at the limits of its inputs: Teams takes it, and each list says how many entries it leaves out. */
import fc from 'fast-check';
import type { Request } from '../../../../src/domain/request/request.ts';
import { mention, plain } from '../../../../src/teams/cards/plain-text.ts';
import { bytesOf, renderCard } from '../../../../src/teams/cards/render-card.ts';
import { everybody, type Reader } from '../../../../src/teams/cards/views/reader.ts';
import { type CardKind, requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { complaintsAbout, emptyOnes, textsOf } from '../../../contract/card-walk.ts';
import { approver } from '../../../support/builders/fixtures.ts';
import { controller } from '../../../support/builders/plans.ts';
import { contextAt } from '../../../support/cards/card-readers.ts';
import { requestStates, stateNamed } from '../../../support/cards/card-states.ts';
import { galleryCards } from '../../../support/cards/gallery.ts';

const mostBytes = 80 * 1024;
const wordOf = (length: number): string => `Ä"*[x]\\ (${'n_"\\'.repeat(length)}`.slice(0, length);
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

const someone = `Dr. ${wordOf(250)}`;
/** Names and texts of the fixtures, with the longest that Azure, Entra ID and the forms take for each. */
const longest: readonly (readonly [fixture: RegExp, text: string])[] = [
  [/\b(triage-agent-prod|virtual-visit-agent|ward-agent)\b/g, 'a'.repeat(64)],
  [/\b(kv-care-prod|kv-hospital-keys|kv-lab)\b/g, `kv-${'v'.repeat(21)}`],
  [/\bcmk-(triage-agent|virtual-visit)\b/g, `cmk-${'k'.repeat(123)}`],
  [/\b(Chris|Ben|Ana|Mia)\b/g, JSON.stringify(plain(someone)).slice(1, -1)],
];
/** Lists of the templates, with more entries than any person or Azure can cause; the others can’t grow. */
const counts: Readonly<Record<string, number>> = {
  checks: 80,
  passRows: 80,
  controllers: 400,
  decisions: 11,
  differences: 400,
  notes: 40,
  rows: 40,
  userIds: 60,
  choices: 15,
  unusable: 15,
  keys: 15,
  vaults: 15,
};

/** Returns a card’s data with the longest names, and with a share of the most entries of each list. */
function stretched(data: unknown, share: number): unknown {
  const grow = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(grow);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([field, value]) => {
        const most = Math.ceil((counts[field] ?? 0) * share);
        if (!Array.isArray(value) || value.length === 0 || most <= value.length) return [field, grow(value)];
        return [field, numbers(most).map((n) => grow(value[n % value.length]))];
      }),
    );
  };
  return grow(
    JSON.parse(longest.reduce((text, [fixture, name]) => text.replace(fixture, () => name), JSON.stringify(data))),
  );
}

const gallery = await galleryCards();

test('every card is drawn within Teams’ size at the limits of its inputs', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...gallery),
      fc.double({ min: 0, max: 1, noNaN: true }),
      ({ template, data }, share) => {
        const card = renderCard(template, stretched(data, share) as never);
        expect([template, bytesOf(card) <= mostBytes]).toEqual([template, true]);
        expect([...emptyOnes(card), ...complaintsAbout(card)]).toEqual([]);
      },
    ),
    { examples: gallery.map((one) => [one, 1]), numRuns: gallery.length + 60 },
  );
});

const controllers = numbers(300).map((n) =>
  controller({ id: `c${n}`, type: 'person', name: someone, can: ['copy', 'change', 'delete', 'purge'] }),
);
const comment = wordOf(500);

/** The request with everything at its limits that people can cause by themselves. */
const atLimits = (request: Request): Request => ({
  ...request,
  justification: comment,
  plan: {
    ...request.plan,
    observation: { ...request.plan.observation, control: { ...request.plan.observation.control, controllers } },
  },
  approvals: numbers(10).map(() => ({
    by: approver,
    at: request.changedAt,
    comment,
    commentErased: false,
    signIn: null,
    validMs: 1,
  })),
});

test('a request that hundreds of people control, and ten approve with a comment, has a card for each of its readers', () => {
  const around = {
    names: () => someone,
    addressed: numbers(10).map((n) => mention(`29:20000000-0000-4000-8000-0000000000${n + 10}`, someone)),
    userIds: numbers(60).map((n) => `29:20000000-0000-4000-8000-0000000000${n + 10}`),
  };
  const draw = (request: Request, kind: CardKind, reader: Reader) =>
    requestCard(kind, atLimits(request), contextAt(request.changedAt, reader, around));
  for (const [state, request] of Object.entries(requestStates))
    for (const [kind, reader] of [
      ['status', { kind: 'requester' }],
      ['approval', everybody],
      ['short', everybody],
    ] as const)
      expect([state, bytesOf(draw(request, kind, reader)) <= mostBytes]).toEqual([state, true]);
  const texts = textsOf(draw(stateNamed('plan-changed'), 'approval', everybody));
  const shown = texts.filter((text) => /^Can .* the key\.$/.test(text)).length;
  expect(shown).toBeGreaterThan(1);
  expect(texts).toContain(`and ${controllers.length - shown} more: open the request`);
});
