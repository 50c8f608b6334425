import { readFileSync, writeFileSync } from 'node:fs';
import { type Check, judge } from '../../../../src/domain/check.ts';
import { botFailure } from '../../../../src/domain/failure.ts';
import { ArmId, armIdParts, KeyName } from '../../../../src/domain/ids.ts';
import type { Plan } from '../../../../src/domain/plan.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import type { FactsOf } from '../../../../src/operations/pages/page.ts';
import type { AdaptiveCard } from '../../../../src/teams/cards/render-card.ts';
import { auditRootCard } from '../../../../src/teams/cards/views/audit-view.ts';
import { resourceTitle } from '../../../../src/teams/cards/views/form-resource-view.ts';
import { formCard } from '../../../../src/teams/cards/views/form-view.ts';
import { changeFacts, changeLine } from '../../../../src/teams/cards/views/parts.ts';
import { peopleTexts } from '../../../../src/teams/cards/views/people-texts.ts';
import { type CardContext, everybody, type Reader } from '../../../../src/teams/cards/views/reader.ts';
import { type CardKind, requestCard } from '../../../../src/teams/cards/views/request-card.ts';
import { statusCard } from '../../../../src/teams/cards/views/status-view.ts';
import { elementsOf, executesOf, inputsOf, textsOf } from '../../../contract/card-walk.ts';
import { commandWorld, formOn } from '../../../support/builders/command-world.ts';
import { records, secondApprover, type Turn } from '../../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../../support/builders/fixtures.ts';
import { noon, principal, resource, vault } from '../../../support/builders/plans.ts';
import { azureSaid, blocked, forbidden } from '../../../support/cards/card-failures.ts';
import {
  keyName,
  newestKey,
  oldKey,
  planOf,
  rotationPlan,
  seen,
  seenUnderKey,
  toNewest,
  toOtherKey,
  visitAgent,
} from '../../../support/cards/card-plans.ts';
import { contextAt, names, patienceAt } from '../../../support/cards/card-readers.ts';
import { requestStates, stateNamed } from '../../../support/cards/card-states.ts';
import {
  approves,
  asked,
  checked,
  didNot,
  done,
  intends,
  requestOf,
  settles,
  stuck,
} from '../../../support/cards/card-turns.ts';

const context = contextAt('2026-03-02T12:12:00.000Z', { kind: 'requester' });

const began: readonly Turn[] = [asked(), approves(), checked()];
const ends = (run: number, failure = blocked): Turn => ({ do: 'stop-run', run, failure });
const granted = [...done(1, 'enable-identity'), ...done(1, 'grant-key-access')];
/** A second run, after the first failed in its second step. */
const again: readonly Turn[] = [
  ...began,
  ...done(1, 'enable-identity'),
  ...stuck(1, 'grant-key-access', forbidden),
  settles('retry', requester),
];
const down = azureSaid({ code: 'ServiceUnavailable', status: 503, doing: 'reading agent triage-agent-prod' });
const toKey: readonly Turn[] = [...began, ...granted, ...done(1, 'protect-vault')];
const refusedKey = azureSaid({ code: 'KeyVaultAccessForbidden', status: 200, next: 'retry-until', change: 'accepted' });
const stoppedBetween: readonly Turn[] = [
  ...toKey,
  intends(1, 1, 'set-cmk'),
  records(1, didNot('set-cmk', refusedKey, '2026-03-02T12:30:00.000Z')),
  settles('stop', approver, 'yes'),
];
const setsKey = done(1, 'set-cmk');
const stoppedAtKey: readonly Turn[] = [
  ...toKey,
  ...setsKey.slice(0, 1),
  settles('stop', requester),
  ...setsKey.slice(1),
];
const keyWasSet = [
  'Ana stopped the run after step 4 of 5 (Set customer-managed key)',
  'Azure showed the new key when the bot read it back',
];
const endsBlocked = (check: Check): Turn => ends(1, botFailure('checking', { code: 'blocked', check }));
const otherKey = { vaultUri: seen().vault.uri, keyName, keyVersion: null };

/** Run 1 did all but the key. Then the approver left the group, and the request was approved again for what remains. */
const remaining = planOf({
  resource: resource({ ...seen().resource, systemAssigned: true, principalId: principal, tenantId: tenant }),
  vault: vault({ ...seen().vault, purgeProtection: true }),
  grantHeld: true,
});
const withoutGrant = planOf({ ...remaining.observation, grantHeld: false });
const retried: readonly Turn[] = [...toKey, ...stuck(1, 'set-cmk', forbidden), settles('retry', requester)];
const approvedFor = (plan: Plan): readonly Turn[] => [checked(plan, 'no', 2), approves(), checked(plan, 'yes', 3)];
const lastRun: readonly Turn[] = [...retried, ...approvedFor(remaining)];
const lost = azureSaid({ code: 'ServiceUnavailable', status: 503, doing: 'setting the key', change: 'unknown' });
const unconfirmed: readonly Turn[] = [
  ...toKey.slice(0, -2),
  ...stuck(1, 'protect-vault', lost),
  settles('retry', requester),
  ...approvedFor(remaining),
];
/** What the status card says after these turns; what begins with `!`, it doesn't say. */
test.each<[string, readonly Turn[], readonly string[]]>([
  ['a run that a check ends before its first step', [...began, ends(1)], ['The run ended before its first step']],
  [
    'a run that a check ends after a step',
    [...began, ...granted, ends(1)],
    ['The run was interrupted after step 2 of 5 (Assign key access)'],
  ],
  [
    'a check that fails before a second run, which is not the failure of the step in the first',
    [...again, ends(2, down)],
    [
      'Run 2 ended before its first step',
      'The bot was reading agent triage-agent-prod.',
      'Not confirmed in run 1: an attempt might have changed Azure.',
      'Not started in run 2.',
    ],
  ],
  [
    'a stop between two attempts, which does not say that the step is finished',
    stoppedBetween,
    [
      'Ben stopped the run in step 4 of 5 (Set customer-managed key), after attempt 1',
      'Azure accepted attempt 1 and did not confirm it (KeyVaultAccessForbidden).',
      'the state Failed',
      'An approver stopped the run, so Retry asks for approval again.',
    ],
  ],
  ['a stop while the key is being set, once Azure shows it', stoppedAtKey, keyWasSet],
  [
    'a block that only another choice helps with',
    [...began, endsBlocked(judge('block', 'already-under-another-key', { key: otherKey }))],
    ['End this request first. Use /rotate-cmk to change the key or version.', '!Retry uses'],
  ],
  [
    'what a run under an earlier plan changed, when the request needs attention',
    [...lastRun, ends(3)],
    [
      'Completed under an earlier plan. Can’t be undone.',
      'Progress: 3 completed, 2 not started',
      'Completed changes stay in Azure: ',
      '!No step is completed',
    ],
  ],
  [
    'what of that has to be done again, which isn’t said to be there',
    [...retried, ...approvedFor(withoutGrant), ends(3)],
    ['Completed changes stay in Azure: Turn on system-assigned identity, Turn on purge protection.'],
  ],
  [
    'what no answer confirmed, which isn’t said to be unchanged',
    [...unconfirmed, ends(3)],
    ['Not confirmed under an earlier plan: an attempt might have changed Azure. Can’t be undone.'],
  ],
])('the card says of %s', (_what, turns, words) => {
  const text = textsOf(statusCard(requestOf(...turns), context)).join('\n');
  for (const one of words) {
    if (one.startsWith('!')) expect(text).not.toContain(one.slice(1));
    else expect(text).toContain(one);
  }
});

test('what a run under an earlier plan changed stays in the audit channel', () => {
  const request = requestOf(...retried, checked(remaining, 'no', 2));
  expect(JSON.stringify(auditRootCard(request, names, 1))).toContain('1 step, completed');
});

/** What each person sees of a request: the buttons that would not be refused, and no others. */

const asRequester: Reader = { kind: 'requester' };
const asApprover: Reader = { kind: 'approver', id: approver };
const asSecond: Reader = { kind: 'approver', id: secondApprover };
const asOperator: Reader = { kind: 'operator', id: secondApprover };

const draw = (state: string, reader: Reader, kind: CardKind = 'approval', change: Partial<CardContext> = {}) =>
  drawn(stateNamed(state), reader, kind, change);
const drawn = (request: Request, reader: Reader, kind: CardKind, change: Partial<CardContext> = {}) =>
  requestCard(
    kind,
    request,
    contextAt('2026-03-02T12:04:00.000Z', reader, { awaited: 'Chris', userIds: ['29:1'], ...change }),
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
  ['awaiting-one-of-two', asApprover, 'approval', ['withdraw', 'reject']],
  ['awaiting-one-of-two', asSecond, 'approval', ['approve', 'reject']],
  ['approved', everybody, 'approval', []],
  ['approved', asApprover, 'approval', ['withdraw', 'reject']],
  ['approved', asRequester, 'approval', ['cancel', 'refresh']],
  ['running', asRequester, 'status', ['stop', 'refresh']],
  ['running', asApprover, 'approval', ['stop', 'refresh']],
  ['running', everybody, 'status', ['refresh']],
  ['running', asOperator, 'status', ['stop', 'refresh']],
  ['stopping', asRequester, 'status', ['refresh']],
  ['needs-attention', asRequester, 'status', ['retry', 'take-on', 'give-up']],
  ['needs-attention', asApprover, 'approval', ['retry', 'take-on', 'give-up']],
  ['needs-attention', asOperator, 'status', ['retry', 'take-on', 'give-up']],
  ['needs-attention', everybody, 'status', ['take-on', 'refresh']],
  ['rejected', asRequester, 'status', ['ask-again']],
  ['rejected', everybody, 'status', []],
  ['failed', asRequester, 'status', ['ask-again']],
  ['failed', asApprover, 'approval', []],
])('%s: what can be clicked', (state, reader, kind, wanted) => {
  expect(verbs(draw(state, reader, kind))).toEqual(wanted);
});

test('whoever approved already can withdraw, or reject with a reason', () => {
  expect(inputsOf(draw('awaiting-one-of-two', asApprover)).map((input) => input.id)).toEqual(['reason']);
});

test('a request that is taken on names the person and the time; others can take it over, the person gives it up', () => {
  const stuck = stateNamed('needs-attention-taken');
  const titles = (reader: Reader) =>
    executesOf(drawn(stuck, reader, 'status').body)
      .filter(({ verb }) => /take-on|release/.test(String(verb)))
      .map(({ title }) => title);
  for (const reader of [everybody, asRequester, asApprover])
    expect(words(drawn(stuck, reader, 'status'))).toContain('**Ben** is on it since {{TIME(2026-03-02T12:05:00Z)}}.');
  expect([everybody, asRequester, asSecond, asApprover].map(titles)).toEqual([
    ['Take over'],
    ['Take over'],
    ['Take over'],
    ['No longer on it'],
  ]);
});

test('after an outage the card says that the bot retries, and after its own retry it doesn’t', () => {
  const text = 'The bot retries once automatically when Azure answers again.';
  const stuck = stateNamed('needs-attention-no-answer');
  expect(words(drawn(stuck, asRequester, 'status'))).toContain(text);
  expect(words(drawn({ ...stuck, retriedAutomatically: true }, asRequester, 'status'))).not.toContain(text);
  expect(words(draw('needs-attention', asRequester, 'status'))).not.toContain(text);
});

test.each(Object.keys(requestStates))('%s: the short card only opens the request, and has no views', (state) => {
  const card = draw(state, asApprover, 'short');
  expect(verbs(card)).toEqual(['list.open']);
  expect(words(card).includes('**What to do**')).toBe(stateNamed(state).state === 'needs-attention');
  expect(card.refresh).toMatchObject({ userIds: [] });
  expect(words(card)).toContain('Requested by Ana in a chat');
});

test.each(['running', 'running-waiting', 'running-side-by-side', 'retry-running', 'between-steps'])(
  '%s: the step whose turn it is stands in the one box, with what is usual',
  (state) => {
    const boxes = elementsOf(draw(state, everybody, 'status').body).filter(({ style }) => style === 'accent');
    expect(boxes).toHaveLength(1);
    expect(textsOf(boxes).join('\n')).toMatch(/^●\n.*[Uu]sual/s);
  },
);

test('what was erased is said to be, and nothing else', () => {
  const request = stateNamed('failed');
  if (request.state !== 'failed') throw new Error('not failed');
  const erased = { comment: null, commentErased: true };
  const approvals = request.approvals.map((one) => ({ ...one, ...erased }));
  const changed: Request = { ...request, justification: null, approvals, ended: { ...request.ended, ...erased } };
  expect(peopleTexts(changed, names).split('\n\n')).toEqual([
    '**Ana** requested it. What they wrote was erased.',
    '**Ben** approved. What they wrote was erased.',
    '**Ana** ended it. What they wrote was erased.',
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
    const card = draw(state, reader, kind, { ...timeLimits, paused: at === 'paused' ? 'by-operator' : false });
    return `## ${[state, `${kind} for ${reader.kind}`, at].filter(Boolean).join(', ')}\n\n${words(card)}\n`;
  });
  const golden = new URL('../../../golden/card-words.md', import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, shown.join('\n'));
  expect(shown.join('\n')).toBe(readFileSync(golden, 'utf8'));
});

describe('rotations', () => {
  const { from } = toNewest;

  test('name the old vault where it is another one, as keys can have the same name', () => {
    const elsewhere = { ...from, vaultUri: 'https://kv-old-wards.vault.azure.net/' };
    const to = { ...toOtherKey.to, keyName: KeyName.parse(from.keyName) };
    const plan = rotationPlan({ ...toOtherKey, from: elsewhere, to }, { from: null });
    expect(changeLine(plan)).toBe('cmk-virtual-visit → **cmk-virtual-visit** in kv-care-prod');
    expect(changeFacts(plan)[0]?.value).toBe('cmk-virtual-visit, version 93e37d3d, in kv-old-wards.vault.azure.net');
  });

  test.each([
    ['could not be read', null],
    ['is disabled', { ...oldKey, enabled: false }],
  ])('promise no way back to an old version that %s', (_how, old) => {
    const question = (plan: Plan) =>
      words(requestCard('approval', requestOf(asked(plan)), contextAt('2026-03-02T12:04:00.000Z', everybody)));
    expect(question(rotationPlan(toNewest))).toContain('Can be undone');
    expect(question(rotationPlan(toNewest, { from: old }))).not.toContain('Can be undone');
  });

  const newest = { ...from, keyVersion: newestKey.version };
  const usesNewest = { current: newest, resource: { ...visitAgent, customerKey: newest }, inUse: newestKey };
  const unseen = { vault: null, inUse: null, newest: null, makes: null };
  const cannotRead = 'The bot can’t read the vault of this key. You can only choose another key.';
  const hsm = 'https://hsm-care.managedhsm.azure.net/';
  const notNamed = 'No version named\nIt isn’t known whether the resource follows newer versions.';
  const all = ['newest', 'new', 'other'];
  test.each<[string, Partial<FactsOf<'version'>>, readonly string[], string]>([
    ['the newest is in use', usesNewest, ['new', 'other'], 'The resource uses the newest version of its key.'],
    ['Azure could not use a new one', { makes: null }, ['newest', 'other'], ''],
    ['the vault is not seen', unseen, ['other'], cannotRead],
    [
      'it is a Managed HSM',
      { ...unseen, current: { ...from, vaultUri: hsm } },
      ['other'],
      'Managed HSM isn’t supported.',
    ],
    ['the newest is disabled', { newest: { ...newestKey, enabled: false } }, all, ''],
    ['no version is named', { current: { ...from, keyVersion: null }, inUse: null }, all, notNamed],
  ])('offer what can be had, and say so, where %s', (_where, change, wanted, said) => {
    const facts: FactsOf<'version'> = {
      page: 'version',
      resource: visitAgent,
      current: visitAgent.customerKey,
      vault: seenUnderKey().vault,
      inUse: oldKey,
      newest: newestKey,
      makes: { type: 'RSA', size: 3072, expires: '2028-03-01T00:00:00.000Z' },
      chosen: null,
      follows: false,
      now: noon,
      ...change,
    };
    const form = { operation: 'rotate-cmk', answers: { resource: toNewest.resource } } as const;
    const card = formCard(formOn('version', commandWorld().ports, form), facts, null);
    expect(inputsOf(card)[0]?.choices).toMatchObject(wanted.map((value) => ({ value })));
    expect(inputsOf(card)[0]?.choices).toHaveLength(wanted.length);
    expect(words(card)).toContain(said);
    const isDisabled = change.newest?.enabled === false;
    expect(JSON.stringify(inputsOf(card)[0]).includes(', disabled, created')).toBe(isDisabled);
  });
});

const care = '40000000-0000-4000-8000-000000000001';
const research = '40000000-0000-4000-8000-000000000002';
const idIn = (subscription: string, group: string, name: string): ArmId =>
  ArmId.parse(
    `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.HealthBot/healthBots/${name}`,
  );
const sameNames = [
  idIn(care, 'rg-care', 'triage'),
  idIn(research, 'rg-care', 'Triage'),
  idIn(research, 'rg-lab', 'triage'),
  idIn(care, 'rg-care', 'visits'),
].map((id) => ({
  kind: 'healthcare-agent' as const,
  id,
  ...armIdParts(id),
  location: 'westeurope',
  underCustomerKey: false,
}));

test('choices name the group of a repeated name, and the subscription of a repeated group; so does the chosen agent', () => {
  expect(sameNames.map((one) => resourceTitle(one, sameNames))).toEqual([
    `triage · rg-care · subscription ${care} · West Europe · Microsoft-managed`,
    `Triage · rg-care · subscription ${research} · West Europe · Microsoft-managed`,
    'triage · rg-lab · West Europe · Microsoft-managed',
    'visits · West Europe · Microsoft-managed',
  ]);
  const chosen = resource({ id: idIn(research, 'rg-care', 'triage') });
  const facts = { page: 'resource', resources: [], more: false, kinds: [], resource: chosen } as const;
  const text = JSON.stringify(formCard(formOn('resource', commandWorld().ports), facts, null));
  expect(text).toContain(
    `{"title":"Resource group","value":"rg-care"},{"title":"Subscription ID","value":"${research}`,
  );
});
