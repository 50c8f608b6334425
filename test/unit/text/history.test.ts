import { TenantId } from '../../../src/domain/ids.ts';
import type { SignIn } from '../../../src/domain/policy/sign-in.ts';
import { personActor } from '../../../src/domain/request/events.ts';
import type { Reading } from '../../../src/domain/request/payloads.ts';
import { eventWords } from '../../../src/text/events.ts';
import { historyOf } from '../../../src/text/history.ts';
import { asks, decides, eventsAfter, failure } from '../../support/builders/commands.ts';
import { approver, tenant } from '../../support/builders/fixtures.ts';
import { resource } from '../../support/builders/plans.ts';
import { names } from '../../support/cards/card-readers.ts';
import { longLife, rotationLife } from '../../support/cards/card-states.ts';
import { lifeOf } from '../../support/cards/card-turns.ts';

const told = historyOf(longLife, names, false);

it('tells oldest first, a step and what came of it in one entry, however many tries it took', () => {
  expect(told.map(({ at }) => at)).toEqual([...told.map(({ at }) => at)].sort());
  const intents = longLife.filter(({ body }) => body.type === 'step-intended');
  const steps = new Set(intents.map(({ body }) => JSON.stringify([body.planDigest, body.type])));
  expect(steps.size).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(longLife.length - intents.length / 2);
  expect(told.filter(({ title }) => title.includes('about to'))).toEqual([]);
});

it('lets nothing shine as if it ran that is over', () => {
  expect(historyOf(rotationLife, names, true).filter(({ mark }) => mark === 'now')).toEqual([]);
  const cut = rotationLife.slice(0, rotationLife.findIndex(({ body }) => body.type === 'step-intended') + 1);
  expect(historyOf(cut, names, false).filter(({ mark }) => mark === 'now')).toMatchObject([
    { title: 'Create key version' },
  ]);
  expect(historyOf(cut, names, true).filter(({ mark }) => mark === 'now')).toEqual([]);
});

it('quotes nothing that people wrote', () => {
  const written = longLife.flatMap(({ texts }) => Object.values(texts)).filter((text) => text !== null && text !== '');
  expect(written.length).toBeGreaterThan(0);
  const all = told.map(({ title, detail }) => `${title} ${detail}`).join('\n');
  for (const text of written) expect(all).not.toContain(text);
});

it('knows of every event whether people said it or something was done', () => {
  expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['decision', 'change']));
  expect(lifeOf()).toEqual([]);
});

const [, approved] = eventsAfter(asks(), decides('approve', approver));

it('an approval within seconds of being asked is said to be one', () => {
  const before = approved?.body;
  if (approved === undefined || before?.type !== 'approved') throw new Error('nothing was approved');
  const detail = (quick: boolean, signIn: SignIn | null = null) => {
    const body = {
      ...before,
      data: { ...before.data, required: 2, acknowledgedIrreversible: true, quick, signIn },
    };
    return eventWords({ ...approved, body }, names, { texts: true }).detail;
  };
  expect(detail(true)).toBe(
    'plan 1111 1111, 1 of 2, accepted what can’t be undone, within 5 seconds after the request',
  );
  expect(detail(false)).toBe('plan 1111 1111, 1 of 2, accepted what can’t be undone');
  const signedIn = { person: approver, tenantId: TenantId.parse(tenant), how: 'teams' } as const;
  const signIn = { ...signedIn, contexts: ['c1'], methods: ['fido'], signedInAt: '2026-03-02T11:58:00.000Z' };
  expect(detail(false, signIn)).toContain('signed in again at 2026-03-02 11:58 UTC (c1)');
});

const unread = { seen: 'not' as const, failure: failure() };
const readings: readonly (readonly [Reading['resource'], string])[] = [
  [{ seen: 'yes', value: resource() }, 'Azure showed no customer-managed key'],
  [{ seen: 'absent' }, 'the agent no longer existed'],
  [unread, 'Azure couldn’t be read'],
];

it.each(readings)('an evidence pack is told with what Azure showed: %#', (seen, words) => {
  const reading = { resource: seen, vault: unread, key: unread, grantHeld: unread };
  const actor = personActor(approver, tenant, 'local');
  const detail = (texts: boolean) => {
    const events = eventsAfter(asks(), { do: 'note-evidence', actor, texts, reading });
    return historyOf(events, names, false).at(-1)?.detail;
  };
  expect([detail(false), detail(true)]).toEqual([words, `${words}, with texts`]);
});

it('a further version of a key is not said to be a key', () => {
  const titles = rotationLife.map((event) => eventWords(event, names, { texts: true }).title);
  expect(titles).toEqual(expect.arrayContaining(['Create key version: starts', 'Create key version: done']));
  expect(titles.join()).not.toContain('Create key:');
});
