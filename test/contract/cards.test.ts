/** Cards, their data types and their samples agree, and every card of the gallery is one that Teams takes and people can use. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { z } from 'zod';
import { verbs } from '../../src/teams/bot/verbs.ts';
import { cardFolder, templateOf } from '../../src/teams/cards/card-parts.ts';
import { type CardName, cardSchemas } from '../../src/teams/cards/data/registry.ts';
import { bytesOf } from '../../src/teams/cards/render-card.ts';
import type { GalleryCard } from '../support/cards/gallery-card.ts';
import { galleryCards } from '../support/cards/gallery-cards.ts';
import { disagreements } from './card-fields.ts';
import { elementsOf, emptyOnes, executesOf, inputsOf, textsOf } from './card-walk.ts';

type Message = { readonly message: string };
/** The few calls of the renderer that need no browser. */
interface Renderer {
  AdaptiveCard: new () => {
    parse(card: unknown, context: object): void;
    validateProperties(): { readonly validationEvents: readonly Message[] };
  };
  SerializationContext: new () => { readonly eventCount: number; getEventAt(index: number): Message };
}
// Its import entry has paths Node does not resolve and its types are source code: the bundle, by hand.
const require = createRequire(import.meta.url);
const renderer: Renderer = require('adaptivecards/dist/adaptivecards.js');

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, cardFolder), 'utf8'));
const jsonIn = (path: string): readonly string[] =>
  readdirSync(new URL(path, cardFolder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));

const names = Object.keys(cardSchemas) as CardName[];
const gallery = await galleryCards();

/** The gallery's card that shows most of a template: its data is the sample for the Adaptive Cards designer. */
const shownBy: Readonly<Record<CardName, string>> = {
  agents: 'agents.all',
  approval: 'plan-changed.approver',
  'approval-decided': 'awaiting-one-of-two.approver',
  'audit-checkpoint': 'audit-checkpoint.witnesses',
  'audit-reply': 'audit-reply.long',
  'audit-root': 'audit-root.running',
  drift: 'drift.two-differences',
  'form-ended': 'form-ended.unused',
  'form-key-existing': 'form-key-existing.open',
  'form-key-new': 'form-key-new.none-fits',
  'form-open': 'form-open.new',
  'form-resource': 'form-resource.chosen',
  'form-review': 'form-review.again',
  'form-slow': 'form-slow.looking',
  'form-vault': 'form-vault.open',
  'form-version': 'form-version.problem',
  help: 'help.both',
  history: 'history.rotation',
  impact: 'impact.vault',
  list: 'list.mixed',
  message: 'message.bug',
  notification: 'notification.rejected',
  refusal: 'refusal.typo',
  status: 'running-waiting.requester',
  'status-attention': 'needs-attention.requester',
  'status-short': 'awaiting-approval.short',
  'status-succeeded': 'succeeded.requester',
  welcome: 'welcome.channel',
};

/** The id in a button's data beside the revision, by the first word of its verb. */
const idsByWord: Readonly<Record<string, string>> = {
  drift: 'driftId',
  form: 'formId',
  list: 'formId',
  request: 'requestId',
};
const idOf = (verb: string): string | undefined => {
  if (verb === 'list.open') return 'requestId';
  return verb === 'list.ask' ? 'resourceId' : idsByWord[verb.split('.')[0] ?? ''];
};
/** Teams draws them, the open renderer their fallback: each has to have one. */
const newerElements = ['Badge', 'Chart.Donut', 'Icon', 'ProgressBar'];
/** They have to work while an input is empty or wrong. */
const withoutInputs =
  'request.ask-again request.take-on request.change form.back form.cancel form.refresh form.switch form.show form.resume form.existing-key form.new-key typed.meant typed.help'.split(
    ' ',
  );
const startsCommand = (verb: string): boolean => /^(help|welcome)\./.test(verb);
const inputIds =
  'reason resource vault key version newKeyName keyType keySize keyExpiry justification changeReference acknowledgeDataLoss startDay startTime acknowledgeIrreversible comment'.split(
    ' ',
  );

test('every card has a template, a data type and a state in the gallery', () => {
  expect([...jsonIn('.')].sort()).toEqual([...names].sort());
  expect([...new Set(gallery.map(({ template }) => template))].sort()).toEqual([...names].sort());
});

test('every part is used', () => {
  const files = [...names, ...jsonIn('parts/').map((name) => `parts/${name}`)];
  const text = files.map((name) => readFileSync(new URL(`${name}.json`, cardFolder), 'utf8')).join('');
  const used = new Set([...text.matchAll(/"\$part": "([a-z-]+)"/g)].map(([, name]) => name));
  expect(jsonIn('parts/').filter((name) => !used.has(name))).toEqual([]);
});

test('the gallery has no name twice', () => {
  expect(new Set(gallery.map(({ name }) => name)).size).toBe(gallery.length);
});

test('the samples in cards/samples are what the views make; UPDATE_GOLDEN=1 rewrites them', () => {
  const made = Object.entries(shownBy).map(([template, name]): [string, unknown] => [
    template,
    gallery.find((one) => one.name === name && one.template === template)?.data,
  ]);
  expect(made.filter(([, data]) => data === undefined)).toEqual([]);
  if (process.env.UPDATE_GOLDEN === '1') {
    for (const name of jsonIn('samples/')) rmSync(new URL(`samples/${name}.json`, cardFolder));
    for (const [name, data] of made)
      writeFileSync(new URL(`samples/${name}.json`, cardFolder), `${JSON.stringify(data, null, 2)}\n`);
  }
  const stored = jsonIn('samples/').map((name) => [name, read(`samples/${name}.json`)]);
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(made));
});

describe.each(names)('card %s', (name) => {
  test('reads every field of its data type and no other', () => {
    const schema: z.ZodObject = cardSchemas[name];
    expect(disagreements(templateOf(name), schema)).toEqual([]);
  });
});

const rules: Readonly<Record<string, (shown: GalleryCard) => void>> = {
  'has data that fits its type unchanged': ({ template, data }) => {
    expect(cardSchemas[template].parse(data)).toEqual(data);
  },

  'renders with nothing left open, empty or unknown to the renderer': ({ card }) => {
    const text = JSON.stringify(card);
    expect(text).not.toMatch(/\$\{|\$when|\$data|null|undefined|\[object/);
    expect(emptyOnes(card)).toEqual([]);
    const ids = elementsOf(card).flatMap((element) => ('id' in element ? [element.id] : []));
    expect(ids).toEqual([...new Set(ids)]);
    for (const { targetElements = [] } of elementsOf(card) as readonly { targetElements?: string[] }[])
      expect(ids).toEqual(expect.arrayContaining(targetElements));
    const context = new renderer.SerializationContext();
    const parsed = new renderer.AdaptiveCard();
    parsed.parse(card, context);
    const heard = Array.from({ length: context.eventCount }, (_, n) => context.getEventAt(n).message);
    expect(heard.filter((message) => !newerElements.some((type) => message.includes(`"${type}"`)))).toEqual([]);
    expect(parsed.validateProperties().validationEvents.map((event) => event.message)).toEqual([]);
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
        expect(Object.keys(data)).toEqual([idOf(verb), 'revision']);
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
