/** What each person sees of a request: the buttons that would not be refused, and no others. */
import type { Request } from '../../../../src/domain/request/request.ts';
import type { AdaptiveCard } from '../../../../src/teams/cards/render-card.ts';
import { peopleTexts } from '../../../../src/teams/cards/views/people-texts.ts';
import { type CardContext, everybody, type Reader } from '../../../../src/teams/cards/views/reader.ts';
import { type CardKind, requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { elementsOf, executesOf, inputsOf, textsOf } from '../../../contract/card-walk.ts';
import { secondApprover } from '../../../support/builders/commands.ts';
import { approver } from '../../../support/builders/fixtures.ts';
import { names, patienceAt } from '../../../support/cards/card-readers.ts';
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
const drawn = (request: Request, reader: Reader, kind: CardKind, change: Partial<CardContext> = {}) => {
  const context = {
    timeLimits: patienceAt('2026-03-02T12:04:00.000Z'),
    reader,
    names,
    awaited: 'Second approver',
    addressed: [],
    userIds: ['29:1'],
    paused: false,
    stepUp: false,
  };
  return requestCard(kind, request, { ...context, ...change });
};
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

test('a start that is put off stands on every card, until the run has begun', () => {
  const at = '{{DATE(2026-03-08T01:00:00Z,SHORT)}}, {{TIME(2026-03-08T01:00:00Z)}}';
  expect(words(draw('awaiting-start-later', asApprover, 'approval'))).toContain(`Starts at ${at} or later`);
  expect(JSON.stringify(draw('awaiting-start-later', asRequester, 'status'))).toContain(`${at} or later`);
  for (const reader of [asRequester, asApprover, everybody]) {
    const card = words(draw('approved-start-later', reader, 'status'));
    expect(card).toContain('Approved, starts later');
    expect(card).toContain(`At ${at}, the bot checks everything again and then starts the changes.`);
  }
  expect(words(draw('approved', asRequester, 'status'))).toContain('Approved, checking');
});

test.each(Object.keys(requestStates))('%s: the short card has no buttons and no views', (state) => {
  const card = draw(state, asApprover, 'short');
  expect(verbs(card)).toEqual([]);
  expect(card.refresh).toMatchObject({ userIds: [] });
  expect(words(card)).toContain('Requested by Requester in a chat');
});

test('whoever approved sees that they did, and who is still awaited', () => {
  const card = draw('awaiting-one-of-two', asApprover);
  expect(words(card)).toContain('You approved');
  expect(words(card)).toMatch(/One more approval is needed by .*\. Waits for: Second approver\./);
  expect(inputsOf(card).map((input) => input.id)).toEqual(['reason']);
});

test('a run that somebody wants to stop says who, and what happens until it does', () => {
  const text = words(draw('stopping', everybody, 'status'));
  expect(text).toContain('Stopping: 1 of');
  expect(text).toContain('requested a stop at');
  const stopped = words(draw('stopped', asRequester, 'status'));
  expect(stopped).toContain('stopped the run after step 2 of 5 (Assign key access)');
  expect(stopped).toContain('Completed changes stay in Azure: Turn on system-assigned identity, Assign key access.');
});

describe('a paused bot', () => {
  test('says of a run that it stands still, and offers to stop it', () => {
    const card = draw('running', asRequester, 'status', { paused: true });
    expect(words(card)).toContain('Paused: ');
    expect(words(card)).toContain('it changes nothing more in Azure until an operator ends the pause');
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
    expect(words(card)).not.toMatch(/about to start|changes start now|starts the changes/);
  });
  test('says so in short', () => {
    expect(words(draw('approved', everybody, 'short', { paused: true }))).toContain('the bot is paused');
  });
});

describe('a step that takes its time', () => {
  const at = (state: string, now: string) =>
    draw(state, everybody, 'status', { timeLimits: patienceAt(`2026-03-02T12:${now}.000Z`) });
  const lines = (state: string, now: string) => words(at(state, now)).replaceAll('\\', '');

  test('says what is expected and usual, when it is tried again, what is looked at, and until when', () => {
    const text = lines('running-spreading', '06:45');
    expect(text).toContain(
      'Waiting for the role assignment to take effect in Azure. This is expected and usually takes 1 to 5 minutes.',
    );
    expect(text).toContain('Next attempt in 25 s. The bot checks the agent first.');
    expect(text).toContain(
      'Attempt 1 failed. The bot keeps trying for up to 12 minutes. You don’t need to do anything.',
    );
  });

  test('counts what passes by itself', () => {
    const text = lines('running-waiting', '04:09');
    expect(text).toContain('Azure limits the number of calls right now.');
    expect(text).toContain('Next attempt in 1 s.');
    expect(text).toContain('Attempt 1 of up to 6 failed');
  });

  test('keeps Azure’s words for whoever unfolds them, with code, action and scope, cut between sentences', () => {
    const card = at('running-spreading', '06:45');
    const folded = elementsOf(card.body).find(({ id }) => id === 'told');
    expect(folded).toMatchObject({ isVisible: false });
    const told = textsOf([folded]).join('\n').replaceAll('\\', '');
    expect(told).toContain('Azure says · operation failed · KeyVaultAccessForbidden');
    expect(told).toContain('Microsoft.KeyVault/vaults/keys/wrap/action');
    expect(told).toContain('kv-care-prod/keys/cmk-triage-agent');
    expect(told).toMatch(/[.!?}] …$/m);
    const face = textsOf(card.body.filter((one) => one !== folded)).join('\n');
    expect(face).not.toContain('KeyVaultAccessForbidden');
  });

  test('is not one line that stays the same while Azure works', () => {
    const [early, late] = ['07:00', '12:00'].map((now) => lines('running-irreversible-done', now));
    expect(early).toContain('Azure is setting the agent’s key. Usually takes 15 to 90 s.');
    expect(early).toMatch(/^1 min$/m);
    expect(early).toContain('The bot checks the agent every 5 s, for up to 10 min.');
    expect(late).toMatch(/^6 min$/m);
    expect(late).toContain('Updated {{TIME(2026-03-02T12:12:00Z)}}.');
  });
});

describe('a run', () => {
  const at = (state: string, now: string) =>
    words(draw(state, everybody, 'status', { timeLimits: patienceAt(`2026-03-02T12:${now}.000Z`) }));

  test('says from its first second how long it has taken of what is usual, and when the card was drawn', () => {
    const text = at('running', '03:20');
    expect(text).toContain('40 s so far. Usually takes 1 to 4 min.');
    expect(text).toContain('Usually takes some seconds.\njust started');
    expect(text).toContain('Updated {{TIME(2026-03-02T12:03:20Z)}}.');
    expect(at('running', '03:27')).toContain('47 s so far. Usually');
    expect(at('running', '03:27')).toContain('\n7 s');
  });

  test('counts the steps that run side by side once, and the hours in which a person was waited for not at all', () => {
    expect(at('retry-running', '06:50')).toMatch(/\b\d+ (s|min \d+ s) so far/);
    const sideBySide = stateNamed('running-side-by-side');
    expect(sideBySide.progress.filter(({ state }) => state === 'running')).toHaveLength(2);
    expect(at('running-side-by-side', '02:25')).toContain('25 s so far. Usually takes 1 to 4 min.');
  });

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

describe('whoever did something about a request stands on its card with their words', () => {
  const reason = '**Requester** requested it: “Policy 7.4: patient data under keys the hospital group owns';
  test.each([
    'awaiting-approval',
    'approved',
    'running',
    'needs-attention',
    'succeeded',
    'failed',
    'rejected',
    'cancelled',
    'expired',
  ])('%s: who asked and why', (state) => {
    expect(words(draw(state, everybody, 'status'))).toContain(reason);
  });

  test.each(['approved', 'running', 'needs-attention', 'failed', 'succeeded'])(
    '%s: what the approver wrote',
    (state) => {
      expect(words(draw(state, everybody, 'status'))).toContain('**Approver** approved: “Backup of 1 March checked.”');
    },
  );

  test('why it was given up, and why it was rejected', () => {
    expect(words(draw('failed', everybody, 'status'))).toContain(
      '**Requester** ended it: “The vault moves to another group first”',
    );
    expect(words(draw('rejected', everybody, 'status'))).toContain('**Approver** rejected it: “Not before the audit”');
    expect(words(draw('rejected', everybody, 'short'))).toContain('**Approver** rejected it: “Not before the audit”');
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
});

describe('a step that did not work', () => {
  const shown = (state: string): string => words(draw(state, asRequester, 'status'));

  test('long words keep the action and the scope that they name, and can be read whole', () => {
    const text = shown('needs-attention').replaceAll('\\', '');
    expect(text).toMatch(/^The client '6f1e2c34.*please refresh your credentials\.$/m);
    expect(text).toContain('kv-care-prod/keys/cmk-triage-agent/providers');
    expect(text).toContain('Azure says · 403 AuthorizationFailed');
    expect(text).toContain(
      'The bot can’t assign roles on key cmk-triage-agent in kv-care-prod. Ask an Owner or User Access Administrator to assign the role “CMK bot grants”',
    );
  });

  test('a vault’s words name the right as well', () => {
    expect(shown('rotation-forbidden')).toContain(
      'The bot can’t create key cmk-virtual-visit in kv-care-prod. Ask an Owner or User Access Administrator to assign the role “CMK bot”',
    );
  });

  test.each([
    ['needs-attention-read-back', 'The bot read back', '**Expected:** The agent shows key cmk-triage-agent'],
    ['needs-attention-missing', 'The run', 'The vault no longer exists.'],
    ['needs-attention-bug', 'The run', 'The application log has it under CMK-7F3K9Q:1.'],
    ['needs-attention-no-answer', 'No answer from Azure · ECONNREFUSED', 'connect ECONNREFUSED'],
  ])('%s: what is not Azure’s is not said to be', (state, source, said) => {
    const text = shown(state);
    expect(text).toContain(source);
    expect(text).toContain(said);
    expect(text).not.toContain('Azure says');
  });

  test('of a rotation that others moved: says where the agent is now, and where it was to be', () => {
    const text = shown('rotation-moved');
    expect(text).toContain('The agent was changed to key cmk-virtual-visit');
    expect(text).toContain('**Expected:** The agent still uses key cmk-virtual-visit');
  });

  test('is named by the failure that stopped the run, and nothing is tried again by itself', () => {
    const text = shown('needs-attention-side-by-side');
    expect(text).toContain('Step 2 of 6 failed: Create key');
    expect(text).not.toMatch(/Next attempt|throttled/);
  });

  test('what was done before the retry was not so already, and keeps its time', () => {
    const text = shown('retry-running');
    expect(text).not.toContain('already so');
    expect(text).toMatch(/Turn on system-assigned identity\nAzure reports: system-assigned\n40 s/);
  });
});
