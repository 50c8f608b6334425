/** What each person sees of a request: the buttons that would not be refused, and no others. */
import type { Request } from '../../../../src/domain/request/request.ts';
import type { AdaptiveCard } from '../../../../src/teams/cards/render-card.ts';
import { type CardContext, everybody, type Reader } from '../../../../src/teams/cards/views/reader.ts';
import { type CardKind, requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { executesOf, inputsOf, textsOf } from '../../../contract/card-walk.ts';
import { names, requestStates, secondApprover } from '../../../support/card-states.ts';
import { approver } from '../../../support/fixtures.ts';

const asRequester: Reader = { kind: 'requester' };
const asApprover: Reader = { kind: 'approver', id: approver };
const asSecond: Reader = { kind: 'approver', id: secondApprover };

const stateNamed = (name: string): Request => {
  const request = requestStates[name];
  if (request === undefined) throw new Error(`no state ${name}`);
  return request;
};
const draw = (state: string, reader: Reader, kind: CardKind = 'approval', change: Partial<CardContext> = {}) => {
  const context = {
    reader,
    names,
    awaited: 'Second approver',
    addressed: [],
    userIds: ['29:1'],
    paused: false,
    stepUp: false,
  };
  return requestCard(kind, stateNamed(state), { ...context, ...change });
};
const verbs = (card: AdaptiveCard) => executesOf(card.body).map(({ verb }) => String(verb).replace('request.', ''));
const words = (card: AdaptiveCard): string => textsOf(card).join('\n');

test.each<[string, Reader, CardKind, readonly string[]]>([
  ['awaiting-approval', everybody, 'approval', ['approve', 'reject']],
  ['awaiting-approval', asApprover, 'approval', ['approve', 'reject']],
  ['awaiting-approval', asApprover, 'status', ['approve', 'reject']],
  ['awaiting-approval', asRequester, 'approval', ['remind', 'cancel', 'refresh']],
  ['awaiting-approval', asRequester, 'status', ['remind', 'cancel', 'refresh']],
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
  ['needs-attention', asRequester, 'status', ['retry', 'give-up']],
  ['needs-attention', asApprover, 'approval', ['retry', 'give-up']],
  ['needs-attention', everybody, 'status', ['refresh']],
  ['rejected', asRequester, 'status', []],
  ['failed', asApprover, 'approval', []],
])('%s: what can be clicked', (state, reader, kind, wanted) => {
  expect(verbs(draw(state, reader, kind))).toEqual(wanted);
});

test.each(Object.keys(requestStates))('%s: the short card has no buttons and no views', (state) => {
  const card = draw(state, asApprover, 'short');
  expect(verbs(card)).toEqual([]);
  expect(card.refresh).toMatchObject({ userIds: [] });
  expect(words(card)).toContain('Asked by Requester in a chat');
});

test('whoever approved sees that they did, and who is still awaited', () => {
  const card = draw('awaiting-one-of-two', asApprover);
  expect(words(card)).toContain('You approved');
  expect(words(card)).toMatch(/One more approval is needed by .*\. Waits for: Second approver\./);
  expect(inputsOf(card).map((input) => input.id)).toEqual(['comment']);
});

test('a run that somebody wants to stop says who, and what happens until it does', () => {
  const text = words(draw('stopping', everybody, 'status'));
  expect(text).toContain('● Stopping after this step, 1 of');
  expect(text).toContain('asked to stop at');
  const stopped = words(draw('stopped', asRequester, 'status'));
  expect(stopped).toContain('stopped the run between two steps');
  expect(stopped).toContain('Retry goes on where it stopped.');
});

describe('a paused bot', () => {
  test('says of a run that it stands still, and offers to stop it', () => {
    const card = draw('running', asRequester, 'status', { paused: true });
    expect(words(card)).toContain('○ Paused, ');
    expect(words(card)).toContain('nothing more is changed in Azure until an operator ends the pause');
    expect(verbs(card)).toContain('stop');
    expect(words(draw('running', everybody, 'short', { paused: true }))).toContain('The bot is paused');
  });

  test.each<[CardKind, Reader]>([
    ['status', everybody],
    ['status', asRequester],
    ['approval', everybody],
    ['approval', asApprover],
  ])('does not say that the changes start (%s, %o)', (kind, reader) => {
    const card = draw('approved', reader, kind, { paused: true });
    expect(words(card)).toContain('The bot is paused: no changes start until an operator ends the pause.');
    expect(words(card)).not.toMatch(/about to start|changes start now|then the changes/);
  });
  test('says so in short', () => {
    expect(words(draw('approved', everybody, 'short', { paused: true }))).toContain('the bot is paused');
  });
});

describe('a step that did not work', () => {
  const shown = (state: string): string => words(draw(state, asRequester, 'status'));

  test('long words keep their beginning and their end, and can be read whole', () => {
    const text = shown('needs-attention').replaceAll('\\', '');
    expect(text).toMatch(/^The client '6f1e2c34.* … .*kv-care-prod\/keys\/cmk-triage-agent\/providers\/.* …$/m);
    expect(text).toContain('kv-care-prod/keys/cmk-triage-agent/providers');
    expect(text).toContain('Azure says · 403 AuthorizationFailed');
    expect(text).toContain(
      'the right Microsoft.Authorization/roleAssignments/write on key cmk-triage-agent in kv-care-prod',
    );
  });

  test('a vault’s words name the right as well', () => {
    expect(shown('rotation-forbidden')).toContain(
      'the right Microsoft.KeyVault/vaults/keys/create/action on key cmk-virtual-visit in kv-care-prod, then retry',
    );
  });

  test.each([
    ['needs-attention-read-back', 'The bot read back', '**Expected:** The agent shows key cmk-triage-agent'],
    ['needs-attention-missing', 'The bot says', 'The vault does not exist any more.'],
    ['needs-attention-bug', 'The bot says', 'The log has it under CMK-7F3K9Q:1.'],
    ['needs-attention-no-answer', 'No answer from Azure · ECONNREFUSED', 'connect ECONNREFUSED'],
  ])('%s: what is not Azure’s is not said to be', (state, source, said) => {
    const text = shown(state);
    expect(text).toContain(source);
    expect(text).toContain(said);
    expect(text).not.toContain('Azure says');
  });

  test('of a rotation that others moved: says where the agent is now, and where it was to be', () => {
    const text = shown('rotation-moved');
    expect(text).toContain('Somebody put the agent under key cmk-virtual-visit');
    expect(text).toContain('**Expected:** The agent is still under key cmk-virtual-visit');
  });

  test('is named by the failure that stopped the run, and nothing is tried again by itself', () => {
    const text = shown('needs-attention-side-by-side');
    expect(text).toContain('Step 2 of 6, create key, did not work');
    expect(text).not.toMatch(/Next try|throttled/);
  });

  test('what was done before the retry was not so already, and keeps its time', () => {
    const text = shown('retry-running');
    expect(text).not.toContain('Was so already');
    expect(text).toMatch(/Enable identity\nRead back: system-assigned\n0:40/);
  });
});
