/** What each person sees of a request: the buttons that would not be refused, and no others. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Request } from '../../../../src/domain/request/request.ts';
import type { AdaptiveCard } from '../../../../src/teams/cards/render-card.ts';
import { peopleTexts } from '../../../../src/teams/cards/views/people-texts.ts';
import { type CardContext, everybody, type Reader } from '../../../../src/teams/cards/views/reader.ts';
import { type CardKind, requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { elementsOf, executesOf, inputsOf, textsOf } from '../../../contract/card-walk.ts';
import { secondApprover } from '../../../support/builders/commands.ts';
import { approver } from '../../../support/builders/fixtures.ts';
import { contextAt, names, patienceAt } from '../../../support/cards/card-readers.ts';
import { requestStates } from '../../../support/cards/card-states.ts';

const asRequester: Reader = { kind: 'requester' };
const asApprover: Reader = { kind: 'approver', id: approver };
const asSecond: Reader = { kind: 'approver', id: secondApprover };

const stateNamed = (name: string): Request => {
  const request = requestStates[name];
  if (request === undefined) throw new Error(`no state ${name}`);
  return request;
};
const draw = (state: string, reader: Reader, kind: CardKind = 'approval', change: Partial<CardContext> = {}) =>
  drawn(stateNamed(state), reader, kind, change);
const drawn = (request: Request, reader: Reader, kind: CardKind, change: Partial<CardContext> = {}) =>
  requestCard(
    kind,
    request,
    contextAt('2026-03-02T12:04:00.000Z', reader, { awaited: 'Second approver', userIds: ['29:1'], ...change }),
  );
const verbs = (card: AdaptiveCard) => executesOf(card.body).map(({ verb }) => String(verb).replace('request.', ''));
const words = (card: AdaptiveCard): string => textsOf(card).join('\n');

test.each<[string, Reader, CardKind, readonly string[]]>([
  ['awaiting-approval', everybody, 'approval', ['approve', 'reject']],
  ['awaiting-approval', asApprover, 'approval', ['approve', 'reject']],
  ['awaiting-approval', asApprover, 'status', ['approve', 'reject']],
  ['awaiting-approval', asRequester, 'approval', ['remind', 'change', 'cancel', 'refresh']],
  ['awaiting-approval', asRequester, 'status', ['remind', 'change', 'cancel', 'refresh']],
  ['awaiting-approval', everybody, 'status', ['refresh']],
  ['awaiting-one-of-two', asApprover, 'approval', ['reject']],
  ['awaiting-one-of-two', asSecond, 'approval', ['approve', 'reject']],
  ['approved', everybody, 'approval', []],
  ['approved', asApprover, 'approval', ['reject']],
  ['approved', asRequester, 'approval', ['cancel', 'refresh']],
  ['running', asRequester, 'status', ['stop', 'refresh']],
  ['running', asApprover, 'approval', ['stop', 'refresh']],
  ['running', everybody, 'status', ['refresh']],
  ['stopping', asRequester, 'status', ['refresh']],
  ['needs-attention', asRequester, 'status', ['retry', 'take-on', 'give-up']],
  ['needs-attention', asApprover, 'approval', ['retry', 'take-on', 'give-up']],
  ['needs-attention', everybody, 'status', ['take-on', 'refresh']],
  ['rejected', asRequester, 'status', ['ask-again']],
  ['rejected', everybody, 'status', []],
  ['failed', asRequester, 'status', ['ask-again']],
  ['failed', asApprover, 'approval', []],
])('%s: what can be clicked', (state, reader, kind, wanted) => {
  expect(verbs(draw(state, reader, kind))).toEqual(wanted);
});

test('whoever approved already can only reject, with a reason', () => {
  expect(inputsOf(draw('awaiting-one-of-two', asApprover)).map((input) => input.id)).toEqual(['reason']);
});

test('Azure’s words on a step that waits are folded', () => {
  const { body } = draw('running-spreading', everybody, 'status');
  const folded = elementsOf(body).find(({ id }) => id === 'told');
  expect(folded).toMatchObject({ isVisible: false });
  expect(textsOf([folded]).join()).toContain('KeyVaultAccessForbidden');
  expect(textsOf(body.filter((one) => one !== folded)).join()).not.toContain('KeyVaultAccessForbidden');
});

test('a request that is taken on names the person and the time; others can take it over', () => {
  const takenOn = { by: approver, at: '2026-03-02T12:05:00.000Z' };
  const stuck = { ...stateNamed('needs-attention'), takenOn };
  const titles = (reader: Reader) =>
    executesOf(drawn(stuck, reader, 'status').body)
      .filter(({ verb }) => verb === 'request.take-on')
      .map(({ title }) => title);
  for (const reader of [everybody, asRequester, asApprover])
    expect(words(drawn(stuck, reader, 'status'))).toContain(
      '**Approver** is on it since {{TIME(2026-03-02T12:05:00Z)}}.',
    );
  expect([everybody, asRequester, asSecond, asApprover].map(titles)).toEqual([
    ['Take over'],
    ['Take over'],
    ['Take over'],
    [],
  ]);
});

test('after an outage the card says that the bot retries, and after its own retry it doesn’t', () => {
  const text = 'The bot retries once automatically when Azure answers again.';
  const stuck = stateNamed('needs-attention-no-answer');
  expect(words(drawn(stuck, asRequester, 'status'))).toContain(text);
  expect(words(drawn({ ...stuck, retriedAutomatically: true }, asRequester, 'status'))).not.toContain(text);
  expect(words(draw('needs-attention', asRequester, 'status'))).not.toContain(text);
});

test.each(Object.keys(requestStates))('%s: the short card has no buttons and no views', (state) => {
  const card = draw(state, asApprover, 'short');
  expect(verbs(card)).toEqual([]);
  expect(card.refresh).toMatchObject({ userIds: [] });
  expect(words(card)).toContain('Requested by Requester in a chat');
});

describe('a run', () => {
  test.each(['running', 'running-waiting', 'running-side-by-side', 'retry-running', 'between-steps'])(
    '%s: the step whose turn it is stands in the one box, with what goes on and what is usual',
    (state) => {
      const boxes = elementsOf(draw(state, everybody, 'status').body).filter(({ style }) => style === 'accent');
      expect(boxes).toHaveLength(1);
      const text = textsOf(boxes).join('\n');
      expect(text).toMatch(/^●\n/);
      expect(text).toMatch(/[Uu]sual/);
    },
  );

  test('has durations with their units, wherever one stands', () => {
    for (const state of Object.keys(requestStates))
      for (const kind of ['status', 'approval', 'short'] as const)
        expect(words(draw(state, asRequester, kind)).replace(/\{\{.*?\}\}/g, '')).not.toMatch(/\b\d+:\d\d\b/);
  });

  test('has a bar that a client without one can leave out', () => {
    const bar = elementsOf(draw('running', everybody, 'status').body).find(({ type }) => type === 'ProgressBar');
    expect(bar).toMatchObject({ value: 1, max: 5, fallback: 'drop' });
  });
});

test('what was erased is said to be, and nothing else', () => {
  const request = stateNamed('failed');
  if (request.state !== 'failed') throw new Error('not failed');
  const erased = { comment: null, commentErased: true };
  const approvals = request.approvals.map((one) => ({ ...one, ...erased }));
  const changed: Request = { ...request, justification: null, approvals, ended: { ...request.ended, ...erased } };
  expect(peopleTexts(changed, names).split('\n\n')).toEqual([
    '**Requester** requested it. What they wrote was erased.',
    '**Approver** approved. What they wrote was erased.',
    '**Requester** ended it. What they wrote was erased.',
  ]);
});

/** Cards whose words follow from what somebody did, wants or meets; where a time stands, drawn at it. */
const read: readonly (readonly [state: string, Reader, CardKind, at?: string | 'paused'])[] = [
  ['awaiting-start-later', asApprover, 'approval'],
  ['approved-start-later', everybody, 'status'],
  ['awaiting-one-of-two', asApprover, 'approval'],
  ['approved', everybody, 'status'],
  ['approved', everybody, 'status', 'paused'],
  ['approved', asApprover, 'approval', 'paused'],
  ['approved', everybody, 'short', 'paused'],
  ['running', everybody, 'status', '03:20'],
  ['running', everybody, 'status', '03:27'],
  ['running', asRequester, 'status', 'paused'],
  ['running', everybody, 'short', 'paused'],
  ['running-side-by-side', everybody, 'status', '02:25'],
  ['running-waiting', everybody, 'status', '04:09'],
  ['running-spreading', everybody, 'status', '06:45'],
  ['running-irreversible-done', everybody, 'status', '07:00'],
  ['running-irreversible-done', everybody, 'status', '12:00'],
  ['retry-running', everybody, 'status', '06:50'],
  ['stopping', everybody, 'status'],
  ['stopped', asRequester, 'status'],
  ['failed', everybody, 'status'],
  ['rejected', everybody, 'status'],
  ['rejected', everybody, 'short'],
  ['needs-attention', asRequester, 'status'],
  ['needs-attention-read-back', asRequester, 'status'],
  ['needs-attention-missing', asRequester, 'status'],
  ['needs-attention-bug', asRequester, 'status'],
  ['needs-attention-no-answer', asRequester, 'status'],
  ['needs-attention-side-by-side', asRequester, 'status'],
  ['rotation-forbidden', asRequester, 'status'],
  ['rotation-moved', asRequester, 'status'],
];

test('the words of cards are those of test/golden/card-words.md; UPDATE_GOLDEN=1 rewrites that', () => {
  const shown = read.map(([state, reader, kind, at]) => {
    const timeLimits =
      at === undefined || at === 'paused' ? {} : { timeLimits: patienceAt(`2026-03-02T12:${at}.000Z`) };
    const card = draw(state, reader, kind, { ...timeLimits, paused: at === 'paused' });
    return `## ${[state, `${kind} for ${reader.kind}`, at].filter(Boolean).join(', ')}\n\n${words(card)}\n`;
  });
  const golden = new URL('../../../golden/card-words.md', import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, shown.join('\n'));
  expect(shown.join('\n')).toBe(readFileSync(golden, 'utf8'));
});
