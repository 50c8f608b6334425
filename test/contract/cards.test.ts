/**
 * Templates and views agree, and every card of the gallery is one that Teams takes and people can use.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { verbs } from '../../src/teams/bot/verbs.ts';
import { bytesOf, templates } from '../../src/teams/cards/render-card.ts';
import { cardFolder } from '../../src/teams/cards/template-parts.ts';
import { evidenceVerb } from '../../src/teams/cards/views/request-card.ts';
import { secondApprover } from '../support/builders/commands.ts';
import { approver, requester } from '../support/builders/fixtures.ts';
import { stateNamed } from '../support/cards/card-states.ts';
import { type GalleryCard, galleryCards } from '../support/cards/gallery.ts';
import { complaintsAbout, elementsOf, emptyOnes, executesOf, inputsOf, newerElements, textsOf } from './card-walk.ts';

const names = [...templates.keys()];
const gallery = await galleryCards();

/** What a button's data has beside the revision, by the first word of its verb. */
const idsByWord: Readonly<Record<string, readonly string[]>> = {
  drift: ['driftId'],
  form: ['formId'],
  list: ['list', 'filter', 'id'],
  request: ['requestId'],
};
const idsOf = (verb: string): readonly string[] | undefined => {
  if (verb === 'list.open') return ['requestId'];
  return verb === 'list.ask' ? ['resourceId'] : idsByWord[verb.split('.')[0] ?? ''];
};
/** They have to work while an input is empty or wrong. */
const withoutInputs =
  'request.ask-again request.take-on request.release request.change form.back form.cancel form.refresh form.switch form.show form.resume form.existing-key form.new-key typed.meant typed.help'.split(
    ' ',
  );
const startsCommand = (verb: string): boolean => /^(help|welcome)\./.test(verb);
const inputIds =
  'reason resource vault key version newKeyName keyType keySize keyExpiry justification changeReference acknowledgeDataLoss startDay startTime acknowledgeIrreversible comment'.split(
    ' ',
  );

test('every template has a state in the gallery, and every part is used', () => {
  expect([...new Set(gallery.map(({ template }) => template))].sort()).toEqual([...names].sort());
  const parts = new URL('parts/', cardFolder);
  const files = [...names.map((name) => `${name}.json`), ...readdirSync(parts).map((name) => `parts/${name}`)];
  const text = files.map((name) => readFileSync(new URL(name, cardFolder), 'utf8')).join('');
  const used = new Set([...text.matchAll(/"\$part": "([a-z-]+)"/g)].map(([, name]) => `${name}.json`));
  expect(readdirSync(parts).filter((name) => !used.has(name))).toEqual([]);
});

test('every verb of the table is on a card', () => {
  const shown = [...gallery.flatMap(({ card }) => executesOf(card).map(({ verb }) => verb)), evidenceVerb];
  expect([...verbs.keys()].filter((verb) => !startsCommand(verb) && !shown.includes(verb))).toEqual([]);
});

const cardNamed = (name: string) => {
  const found = gallery.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no card ${name}`);
  return found.card;
};
const verbsOf = (name: string): readonly string[] => executesOf(cardNamed(name).body).map(({ verb }) => String(verb));
const inputOf = (name: string, id: string) => inputsOf(cardNamed(name)).find((input) => input.id === id);
test('a page that offers nothing to choose has no Next', () => {
  expect(verbsOf('form-vault.none-usable')).toEqual(['form.back', 'form.cancel']);
  expect(verbsOf('form-resource.none')).toEqual(['form.cancel']);
  const said = textsOf(cardNamed('form-resource.none')).join('\n');
  expect(said).toContain('that takes Microsoft.HealthBot/healthBots/read.');
});

test('Next decides nothing, so it is no primary action', () => {
  const next = gallery.flatMap(({ card }) => executesOf(card)).filter(({ verb }) => verb === 'form.next');
  expect(new Set(next.map(({ style }) => style))).toEqual(new Set([undefined]));
});

test('the review wants the data-loss checkbox and a reason before Submit, and neither when it is blocked', () => {
  expect(inputOf('form-review.ready', 'acknowledgeDataLoss')?.isRequired).toBe(true);
  expect(inputOf('form-review.ready', 'justification')?.isRequired).toBe(true);
  expect(inputsOf(cardNamed('form-review.blocked'))).toEqual([]);
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

const rules: Readonly<Record<string, (shown: GalleryCard) => void>> = {
  'renders with nothing left open, empty or unknown to the renderer': ({ card }) => {
    const text = JSON.stringify(card);
    expect(text).not.toMatch(/\$\{|\$when|\$data|null|undefined|\[object/);
    expect(emptyOnes(card)).toEqual([]);
    const ids = elementsOf(card).flatMap((element) => ('id' in element ? [element.id] : []));
    expect(ids).toEqual([...new Set(ids)]);
    for (const { targetElements = [] } of elementsOf(card) as readonly { targetElements?: string[] }[])
      expect(ids).toEqual(expect.arrayContaining(targetElements));
    expect(complaintsAbout(card)).toEqual([]);
  },

  'has something else for a client that does not draw its newer elements': ({ card }) => {
    const newer = elementsOf(card).filter(({ type }) => newerElements.includes(type));
    // A bar can be dropped: the text beside it says the same.
    for (const { type, fallback } of newer)
      if (type !== 'ProgressBar' || fallback !== 'drop') expect(textsOf(fallback).length).toBeGreaterThan(0);
  },

  'is within Teams’ version and our size, and has a fallback': ({ card }) => {
    expect(card.version).toBe('1.5');
    expect(card.fallbackText).toMatch(/\S \S/);
    // Azure’s names and texts can be longer than here. The renderer refuses 80 KB.
    expect(bytesOf(card)).toBeLessThanOrEqual(60 * 1024);
  },

  'has only known verbs, which carry ids and no record': ({ card }) => {
    for (const action of executesOf(card)) {
      const verb = String(action.verb);
      const data = action.data as Record<string, unknown>;
      if (verb === 'typed.meant') expect(data).toEqual({ text: expect.stringMatching(/^\/[a-z-]+/) });
      else if (verb === 'typed.help') expect(data).toEqual({});
      else if (!startsCommand(verb)) {
        expect([verb, verbs.has(verb)]).toEqual([verb, true]);
        expect(Object.keys(data)).toEqual([...(idsOf(verb) ?? []), 'revision']);
        expect(data.revision).toEqual(expect.any(Number));
      } else expect(data).toEqual({});
      expect([verb, action.associatedInputs]).toEqual([
        verb,
        withoutInputs.includes(verb) || startsCommand(verb) ? 'none' : undefined,
      ]);
    }
  },

  'has at most one primary action and at most one coloured box': ({ card }) => {
    const elements = elementsOf(card);
    expect(elements.filter((element) => element.style === 'positive').length).toBeLessThanOrEqual(1);
    const coloured = ['good', 'warning', 'attention', 'accent'];
    expect(elements.filter((element) => coloured.includes(String(element.style))).length).toBeLessThanOrEqual(1);
  },

  'mentions exactly the people that its text names': ({ card }) => {
    const { entities = [] } = (card.msteams ?? {}) as { entities?: readonly { text: string }[] };
    const named = textsOf(card)
      .join('\n')
      .matchAll(/<at>.*?<\/at>/g);
    expect(entities.map(({ text }) => text)).toEqual([...named].map(([tag]) => tag));
  },

  'shows the id of its request': ({ card, data }) => {
    const id = (data as { requestId?: string }).requestId ?? '';
    expect(textsOf(card).join('\n')).toContain(id);
  },

  'labels every input and says what is wrong with a required one': ({ card }) => {
    for (const input of inputsOf(card)) {
      expect(inputIds).toContain(input.id);
      expect(String(input.label ?? input.title ?? '')).not.toBe('');
      if (input.isRequired === true) expect(String(input.errorMessage ?? '')).not.toBe('');
      const choices = (input.choices ?? []) as readonly { title: string; value: string }[];
      expect(new Set(choices.map(({ title }) => title)).size).toBe(choices.length);
      // iOS shows a choice twice that the dataset finds too.
      if (input['choices.data'] !== undefined) expect(choices.length).toBeLessThanOrEqual(1);
      if (choices.length > 0 && input.value !== '') expect(choices.map(({ value }) => value)).toContain(input.value);
    }
  },
};

test.each(Object.entries(rules))('every card of the gallery %s', (_words, rule) => {
  const broken = gallery.flatMap((shown) => {
    try {
      rule(shown);
      return [];
    } catch (error) {
      return [`${shown.name}: ${String(error)}`];
    }
  });
  expect(broken).toEqual([]);
});
