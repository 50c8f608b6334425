import { keySince, verdictOf } from '../../../src/domain/evidence/verdict.ts';
import { sameKey } from '../../../src/domain/observed.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
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
  stops,
} from '../../support/builders/commands.ts';
import { approver, requester } from '../../support/builders/fixtures.ts';
import {
  key,
  planFor,
  principal,
  resource,
  retiring,
  toNewVersion,
  under,
  vault,
  version,
  wishToRepair,
  wishToRetire,
  wishToRotate,
} from '../../support/builders/plans.ts';

/** The headline of a request's evidence, as both verifiers derive it from the events. It never says less was done than was. */

const noon = '2026-03-02T12:00:00.000Z';
const noonWords = utcInWords(noon);

const own = resource({ systemAssigned: true, principalId: principal, customerKey: under(version('a')) });
const held = { resource: own, from: key(), grantHeld: true, vault: vault({ purgeProtection: true }) };
const enabling = planFor();
const rotating = planFor({ wished: wishToRotate(toNewVersion), seen: { ...held, key: null } });
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
const rejected = then(changed, (asking) => decides('reject', approver, { asking }));
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
    'rejected after a run whose result was not verified',
    rejected,
    `bot-care ${put}${requester} requested it, ${approver} rejected it, ${noonWords}. Done and not undone: ${allDone}, “Set customer-managed key”.`,
    `bot-care ${putPy}rejected by ${approver} at ${noon}; done, and left as it is: ${allPy}, set-cmk`,
  ],
  [
    'expired after such a run',
    [...changed, expires],
    `bot-care ${put}${requester} requested it, expired without a decision, `,
    `bot-care ${putPy}expired without a decision at ${later.toISOString()}; done`,
  ],
  [
    'waiting for approval after such a run',
    changed,
    `bot-care ${put}it’s waiting for approval, since`,
    `bot-care ${putPy}awaiting-approval since ${noon}`,
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
    'ended after a run that was lost in an attempt',
    ended([...before(enabling), intends(1, 'set-cmk'), stops()]),
    'bot-care might be under the requested key, which Azure did not confirm: the run stopped',
    'bot-care might be under the requested key, which Azure did not confirm: failed',
  ],
  [
    'ended, and the agent already had the key when the run came to it',
    ended([
      ...before(enabling),
      ...does('set-cmk', { already: true }),
      intends(1, 'verify'),
      records(1, failedWith('verify', null)),
    ]),
    `bot-care already was under key care in kv-care on ${noonWords}: the run stopped at “Verify”`,
    `bot-care already was under care in kv-care on ${noon}: failed`,
  ],
  [
    'a rotation to a new version, not verified, and ended',
    ended([...doneIn(rotating), intends(1, 'verify'), records(1, failedWith('verify', null))]),
    `bot-care ${put}the run stopped at “Verify”`,
    `bot-care ${putPy}failed, the run stopped at verify`,
  ],
  [
    'a repair that does not set the key, ended',
    ended([...approved(repairing), intends(1, 'protect-vault'), records(1, failedWith('protect-vault', null))]),
    'bot-care was not put under another key: the run stopped at “Turn on purge protection”',
    'bot-care was not put under another key: failed, the run stopped at protect-vault',
  ],
  [
    'such a repair, done',
    [...doneIn(repairing), ...succeeds],
    `bot-care was under key care in kv-care, as verified on ${noonWords}; requested by`,
    `bot-care was under care in kv-care, as verified on ${noon}`,
  ],
  [
    'an old version retired',
    [...doneIn(retire), ...succeeds],
    `bot-care was under key care in kv-care, as verified on ${noonWords}; its version ${version('a')} was disabled; requested`,
    `bot-care was under care in kv-care, as verified on ${noon}; its version ${version('a')} was disabled`,
  ],
  [
    'an old version not retired, ended',
    ended([
      ...approved(retire),
      intends(1, 'disable-key-version'),
      records(1, failedWith('disable-key-version', null, 1, { change: 'none' })),
    ]),
    'bot-care was not put under another key: the run stopped at “Wait for the old version to be disabled”',
    'bot-care was not put under another key: failed, the run stopped at disable-key-version',
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

test('a key is the same in any case of its name, for both verifiers', () => {
  const [one, other] = [under(version('a')), under(version('a'), { keyName: 'CARE' })];
  expect(sameKey(one, other)).toBe(true);
  expect(inPython('verify.same_key(*given)', [one, other])).toBe(true);
});
