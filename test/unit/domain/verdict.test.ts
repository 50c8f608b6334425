import { keySince, verdictOf } from '../../../src/domain/evidence/verdict.ts';
import { botFailure } from '../../../src/domain/failure.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { highestProof, type Proof, ProofLevel } from '../../../src/domain/proof.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import {
  evaluateUse,
  type LoggedKeyCall,
  type UsageQuery,
  type UseAnswer,
  type VaultLogRows,
} from '../../../src/domain/usage-check.ts';
import { plainSentence, verdictWords } from '../../../src/text/evidence.ts';
import { utcInWords } from '../../../src/text/instants.ts';
import { inPython } from '../../support/audit/python-verifier.ts';
import {
  asks,
  checks,
  decides,
  does,
  doneWith,
  eventsAfter,
  expires,
  failedWith,
  id,
  intends,
  later,
  policy,
  proved,
  records,
  requestAfter,
  secondApprover,
  settles,
} from '../../support/builders/commands.ts';
import { approver, requester } from '../../support/builders/fixtures.ts';
import {
  key,
  planFor,
  principal,
  resource,
  retiring,
  under,
  vault,
  version,
  wishToRepair,
  wishToRetire,
} from '../../support/builders/plans.ts';

/** The headline of a request's evidence, as both verifiers derive it from the events. It never says less was done than was. */

const noon = '2026-03-02T12:00:00.000Z';
const noonWords = utcInWords(noon);

const own = resource({ systemAssigned: true, principalId: principal, customerKey: under(version('a')) });
const held = { resource: own, from: key(), grantHeld: true, vault: vault({ purgeProtection: true }) };
const enabling = planFor();
/** The key is as approved, and only the vault's protection is gone. */
const repairing = planFor({ wished: wishToRepair(), seen: { ...held, vault: vault() } });
const retire = planFor({ wished: wishToRetire(), seen: retiring() });
/** What a run finds after one that put the agent under the key. */
const again = planFor({ seen: held, own: { keyVersion: null, intents: [] } });

const stepsOf = (plan: Plan) => plan.steps.map(({ name }) => name).filter((name) => name !== 'verify');
const approved = (plan: Plan): readonly Command[] => [
  asks(2, plan),
  decides('approve', approver),
  decides('approve', secondApprover),
  checks({ plan }),
];
const doneIn = (plan: Plan, steps = stepsOf(plan)): readonly Command[] => [
  ...approved(plan),
  ...steps.flatMap((step) => does(step, step === 'make-key-version' ? { outputs: { keyVersion: version('c') } } : {})),
];
const before = (plan: Plan): readonly Command[] => doneIn(plan, stepsOf(plan).slice(0, -1));
const succeeds: readonly Command[] = [intends(1, 'verify'), records(1, doneWith('verify', { proofs: proved }))];
/** A click on the card as it is after the commands. */
const then = (commands: readonly Command[], click: (asking: number) => Command): readonly Command[] => [
  ...commands,
  click(requestAfter(...commands).asking),
];
const ended = (commands: readonly Command[]) => then(commands, (asking) => settles('give-up', requester, { asking }));

const stopped = ended([
  ...before(enabling),
  intends(1, 'set-cmk'),
  settles('stop', requester),
  records(1, doneWith('set-cmk')),
]);
const unverified = [...doneIn(enabling), intends(1, 'verify'), records(1, failedWith('verify', null))];
/** Verify failed, and the next run found that the approvals don't cover what Azure has. */
const changed = [
  ...then(unverified, (asking) => settles('retry', requester, { asking })),
  checks({ run: 2, plan: again, policy: policy(3) }),
];
const lost = (change: Parameters<typeof failedWith>[3]) => [
  ...before(enabling),
  intends(1, 'set-cmk'),
  records(1, failedWith('set-cmk', null, 1, change)),
];
const put = `was put under key care in kv-care on ${noonWords}, which was not verified: `;
const putPy = `was put under care in kv-care on ${noon}, which was not verified: `;
const allDone = '“Turn on system-assigned identity”, “Assign key access”, “Turn on purge protection”';
const allPy = 'enable-identity, grant-key-access, protect-vault';

/** What Python says of each life. `events` of the expression are its events, and `asked` is the last one that asks for approval. */
function python(expression: string, ...lives: readonly (readonly StoredEvent[])[]): readonly unknown[] {
  const asked = '[one for one in events if one["type"] in verify.ASKING][-1]';
  const given = lives.map((events) => events.map(({ body, ...rest }) => ({ ...body, ...rest, request: id })));
  const of = `[(lambda events, asked: ${expression})(events, ${asked}) for events in given]`;
  return inPython(of, given) as readonly unknown[];
}

const cases: readonly (readonly [what: string, commands: readonly Command[], ours: string, python: string])[] = [
  [
    'stopped while the key was set, and ended',
    stopped,
    `bot-care ${put}the run stopped before a step, and ${requester} ended the request, ${noonWords}. Done and not undone: ${allDone}, “Set customer-managed key”.`,
    `bot-care ${putPy}failed, the run stopped at no step, and ${requester} ended it at ${noon}; done, and left as it is: ${allPy}, set-cmk`,
  ],
  [
    'expired after such a run',
    [...changed, expires],
    `bot-care ${put}${requester} requested it, expired without a decision, `,
    `bot-care ${putPy}expired without a decision at ${later.toISOString()}; done`,
  ],
  [
    'ended after an attempt whose result is unknown',
    ended(lost({ status: 500, change: 'unknown' })),
    `bot-care might be under the requested key, which Azure did not confirm: the run stopped at “Set customer-managed key”, and ${requester} ended the request, ${noonWords}. Done and not undone: ${allDone}. Not confirmed: “Set customer-managed key”.`,
    `bot-care might be under the requested key, which Azure did not confirm: failed, the run stopped at set-cmk, and ${requester} ended it at ${noon}; done, and left as it is: ${allPy}; not confirmed: set-cmk`,
  ],
  [
    'ended after an attempt that Azure refused',
    ended(lost({ change: 'refused' })),
    'bot-care was not put under the requested key: the run stopped at',
    'bot-care was not put under the requested key: failed, the run stopped at set-cmk',
  ],
  [
    'a repair that does not set the key, ended',
    ended([...approved(repairing), intends(1, 'protect-vault'), records(1, failedWith('protect-vault', null))]),
    'bot-care was not put under another key: the run stopped at “Turn on purge protection”',
    'bot-care was not put under another key: failed, the run stopped at protect-vault',
  ],
  [
    'an old version retired',
    [...doneIn(retire), ...succeeds],
    `bot-care was under key care in kv-care, as verified on ${noonWords}; its version ${version('a')} was disabled; requested`,
    `bot-care was under care in kv-care, as verified on ${noon}; its version ${version('a')} was disabled`,
  ],
  [
    'put under the key',
    [...doneIn(enabling), ...succeeds],
    `bot-care was put under key care in kv-care on ${noonWords}; requested by`,
    `bot-care was put under care in kv-care on ${noon}`,
  ],
];
const lives = cases.map(([, commands]) => eventsAfter(...commands));
const headlines = python('verify.verdict_of(events, asked, None)[0]', ...lives);

test.each(cases.map(([what, , ours, theirs], n) => [what, ours, theirs, n] as const))(
  '%s',
  (_what, ours, theirs, n) => {
    const events = lives[n] ?? [];
    const request = fold(id, events);
    if (request === null) throw new Error('no events');
    const { sentence } = verdictWords(request, verdictOf(request, events), (person) => person ?? 'the bot');
    expect(plainSentence(sentence)).toContain(ours);
    expect(String(headlines[n]).slice(0, theirs.length)).toBe(theirs);
  },
);

test('a success after a changed plan is since the run that put the agent under the key', () => {
  const events = eventsAfter(...then(changed, (asking) => decides('approve', approver, { asking })));
  const at = '2026-03-02T11:00:00.000Z';
  const dated = events.map((event) =>
    event.body.type === 'step-done' && event.body.data.step === 'set-cmk' ? { ...event, time: at } : event,
  );
  const request = fold(id, dated);
  if (request === null) throw new Error('no events');
  const succeeded = { ...request, state: 'succeeded', proofs: proved, use: null } as const;
  expect(keySince(succeeded, dated)).toBe(at);
  expect(python('verify.key_since(events)', dated)).toEqual([at]);
});

describe('proofs', () => {
  const proved = (...levels: ProofLevel[]): Proof[] => levels.map((level) => ({ level, outcome: 'proved' }));

  it('is none without the read-back, whatever else is proved', () => {
    expect(highestProof([])).toBeNull();
    expect(highestProof(proved('permission-held', 'key-usable', 'use-seen'))).toBeNull();
  });

  it.each(ProofLevel.options.map((level, index) => [level, index] as const))(
    'is %s when everything up to it is proved, in whatever order',
    (level, index) => {
      expect(highestProof(proved(...ProofLevel.options.slice(0, index + 1)).reverse())).toBe(level);
    },
  );
});

/** What is made of rows of a vault's log. */
describe('the usage check', () => {
  const version = '5d1f0c2e'.repeat(4);
  const vaultUri = 'https://kv-care-prod.vault.azure.net/';
  const key = `https://kv-care-prod.vault.azure.net/keys/cmk-triage-agent/${version}`;
  const agent =
    '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.HealthBot/healthBots/triage';
  const principal = '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f';
  const own = '3c1d8f4e-77aa-5b0e-9a44-51f0e2b7c6d9';
  const sought: UsageQuery = {
    principalId: principal,
    resourceId: agent,
    vaultUri,
    keyName: 'cmk-triage-agent',
    keyVersion: version,
    since: '2026-03-01T12:00:00.000Z',
  };
  const wrap: LoggedKeyCall = {
    at: '2026-03-01T12:00:20.000Z',
    operation: 'KeyWrap',
    status: 200,
    addresses: [key, `${key}/wrapkey?api-version=7.4`],
    principalId: principal,
    resourceId: agent,
    assignmentId: own,
    byAccessPolicy: false,
  };
  const judged = (uses: readonly LoggedKeyCall[], change: Partial<VaultLogRows> = {}): UseAnswer =>
    evaluateUse(sought, {
      first: '2026-02-28T12:00:00.000Z',
      last: '2026-03-01T12:20:00.000Z',
      uses,
      ownAssignment: own,
      cutShort: null,
      ...change,
    });
  const notUsed = {
    outcome: 'not-used',
    first: '2026-02-28T12:00:00.000Z',
    last: '2026-03-01T12:20:00.000Z',
    refused: null,
  };
  const others = '00000000-77aa-5b0e-9a44-51f0e2b7c6d9';
  const assignment = (id: unknown, ours = true) => ({ by: 'role-assignment', id, ours });

  it('is one of this version by this identity, let in by the assignment that the bot makes', () => {
    const used = { outcome: 'used', at: wrap.at, operation: 'KeyWrap', knownBy: 'object-id' };
    expect(judged([wrap])).toEqual({ ...used, allowedBy: assignment(own) });
  });

  it.each<[string, Partial<LoggedKeyCall>, object]>([
    ['is known by its resource if its identity is new', { principalId: 'f'.repeat(36) }, { knownBy: 'resource-id' }],
    ['was let in by another assignment', { assignmentId: others }, { allowedBy: assignment(others, false) }],
    ['was let in by a policy', { assignmentId: null, byAccessPolicy: true }, { allowedBy: { by: 'access-policy' } }],
  ])('counts where it %s', (_what, change, more) => {
    expect(judged([{ ...wrap, ...change }])).toMatchObject({ outcome: 'used', ...more });
  });

  it.each<[string, Partial<LoggedKeyCall>]>([
    ['of another key', { addresses: [key.replace('cmk-triage-agent', 'cmk-other')] }],
    ['from before the change', { at: '2026-03-01T11:57:59.000Z' }],
    ['by another identity', { principalId: 'f'.repeat(36), resourceId: null }],
    ['of a key of that name in another vault', { addresses: [key.replace('kv-care-prod', 'kv-care-test')] }],
  ])('is one %s', (_what, change) => expect(judged([{ ...wrap, ...change }])).toEqual(notUsed));

  it('is none that the vault refused, and that is said', () =>
    expect(judged([{ ...wrap, status: 403 }])).toEqual({ ...notUsed, refused: { at: wrap.at, status: 403 } }));

  const early = '2026-03-01T11:30:00.000Z';
  const began = '2026-03-01T11:59:00.000Z';
  const cutShort = botFailure('reading', { code: 'unexpected', errorId: 'x' });
  it.each([
    ['the log began later', { first: began }, { code: 'no-log-before', first: began }],
    ['the log ended before the change', { last: early }, { code: 'no-log-since', last: early }],
    ['the answer was cut short', { cutShort }, { code: 'not-readable', failure: cutShort }],
  ])('counts for nothing where %s', (_where, change, why) => {
    expect(judged([], change)).toEqual({ outcome: 'unknown', why });
  });
});
