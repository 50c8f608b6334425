/**
 * Deliberate faults, each with the suites that have to notice it. A test can go if every fault is still noticed.
 * `npm run guards` puts each one in, and prints which suites notice it.
 */
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One change that breaks the product. */
export interface Fault {
  readonly name: string;
  /** What people would meet. */
  readonly breaks: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly from: string;
  readonly to: string;
  /** Each of them notices it. Below `test/`, without `.test.ts`. */
  readonly suites: readonly string[];
}

interface FaultyFile extends Pick<Fault, 'file' | 'suites'> {
  /** `suites`: if not those of the file. */
  readonly faults: readonly (Omit<Fault, 'file' | 'suites'> & Partial<Pick<Fault, 'suites'>>)[];
}

const faultyFiles: readonly FaultyFile[] = [
  {
    file: 'src/audit/anchor/files.ts',
    suites: ['unit/audit/anchor/publisher'],
    faults: [
      {
        name: 'link-followed',
        breaks: 'A symbolic link in the published folder is followed.',
        from: 'const readFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;',
        to: 'const readFlags = O_RDONLY | O_NONBLOCK;',
      },
    ],
  },
  {
    file: 'src/audit/anchor/known-head.ts',
    suites: ['unit/audit/anchor/publisher'],
    faults: [
      {
        name: 'shortened-log-starts',
        breaks:
          'The database’s owner takes a stop away before it’s published, and the next start does what was stopped.',
        from: 'if (recorded < seq)',
        to: 'if (recorded < 0)',
      },
    ],
  },
  {
    file: 'src/audit/anchor/publisher.ts',
    suites: ['unit/audit/anchor/publisher'],
    faults: [
      {
        name: 'shortened-log-published',
        breaks: 'A shortened log is published over a longer one.',
        from: 'if (before !== null && progress.tree.size < before.size) {',
        to: 'if (before !== null && progress.tree.size < 0) {',
      },
      {
        name: 'pack-under-larger-checkpoint',
        breaks: 'The log has no checkpoint of exactly the events of a pack.',
        from: `body.includes('"type":"evidence-made"')`,
        to: 'false',
      },
    ],
  },
  {
    file: 'src/audit/audit-tools.ts',
    suites: ['unit/audit/seals'],
    faults: [
      {
        name: 'document-seal-unchecked',
        breaks: 'A wrong seal on a document is accepted.',
        from: "return isSameSeal(seal, sealOf(document)) ? null : 'seal-differs';",
        to: 'return null;',
      },
    ],
  },
  {
    file: 'src/operator/cli/audit-act.ts',
    suites: ['contract/cli-usage'],
    faults: [
      {
        name: 'erased-before-it-is',
        breaks: 'An erasure says that texts are erased while messages in Teams still hold them.',
        from: 'if ((await jobs.cardsDue(id)) === null) return null;',
        to: 'return null;',
      },
    ],
  },
  {
    file: 'src/operator/cli/audit-export.ts',
    suites: ['unit/audit/export-csv'],
    faults: [
      {
        name: 'formula-in-csv',
        breaks: 'A CSV cell starts a formula.',
        from: `seen.replaceAll(formulaStart, "$&'")`,
        to: 'seen',
      },
    ],
  },
  {
    file: 'src/audit/evidence/take-evidence.ts',
    suites: ['unit/audit/take-evidence'],
    faults: [
      {
        name: 'drift-not-packed',
        breaks: 'A pack leaves out that the key watch found another key in between.',
        from: `'"type":"drift-found"', `,
        to: '',
      },
    ],
  },
  {
    file: 'src/audit/outside/verify.py',
    suites: ['unit/audit/rules-of-requests'],
    faults: [
      {
        name: 'replaced-log-key-proves',
        breaks: 'The auditor’s program accepts a checkpoint that a replaced key signed later.',
        from: 'if size <= until]',
        to: 'if until]',
        suites: ['unit/audit/verify-py'],
      },
      {
        name: 'cut-pack-proves',
        breaks: 'A pack whose last events were cut off is accepted.',
        from: 'if (events[-1]["type"], events[-1]["seq"]) != ("evidence-made", size):',
        to: 'if False:',
        suites: ['unit/audit/verify-py-packs'],
      },
      {
        name: 'left-out-drift-proves',
        breaks: 'A pack without the differences that the key watch found agrees with a copy of the log.',
        from: 'if missing(number, body):',
        to: 'if False:',
        suites: ['unit/audit/last-reading'],
      },
      {
        name: 'own-approval-passes',
        breaks: 'A requester’s own approval passes the verification.',
        from: 'own = body["actor"]["kind"] == "person" and self.state and who == self.requester',
        to: 'own = False',
      },
      {
        name: 'pack-digest-unchecked',
        breaks: 'A pack with a changed plan is accepted.',
        from: 'if kind in ASKING and body["planDigest"] != digest_of(data["plan"]):',
        to: 'if kind == "" and body["planDigest"] != digest_of(data["plan"]):',
        suites: ['unit/audit/verify-py-packs'],
      },
      {
        name: 'other-plan-passes',
        breaks: 'A step of a plan that was not approved passes the verification.',
        from: 'if kind in ("approved", "step-intended") and body',
        to: 'if kind == "approved" and body',
      },
      {
        name: 'late-approval-passes',
        breaks: 'An approval after the deadline passes the verification.',
        from: 'if kind in ("approved", "request-changed") and time >=',
        to: 'if kind == "request-changed" and time >=',
      },
      {
        name: 'too-few-approvals-pass',
        breaks: 'A run with too few approvals passes the verification.',
        from: 'if kind == "run-ordered" and len(self.approvals)',
        to: 'if kind == "" and len(self.approvals)',
      },
      {
        name: 'second-approval-passes',
        breaks: 'Two approvals of one person pass the verification.',
        from: 'if who in self.approvals:',
        to: 'if who == "":',
      },
      {
        name: 'unaccepted-step-passes',
        breaks: 'An approval without the checkbox passes the verification.',
        from: 'and not data["acknowledgedIrreversible"]:',
        to: 'and data["acknowledgedIrreversible"] is None:',
      },
      {
        name: 'edit-of-target-passes',
        breaks: 'An edit that changes the agent passes the verification.',
        from: 'return None if about(spec) == about(self.spec) else',
        to: 'return None if about(spec) else',
      },
      {
        name: 'many-edits-pass',
        breaks: 'More edits than allowed pass the verification.',
        from: 'if self.edits >= MOST_EDITS:',
        to: 'if self.edits > MOST_EDITS:',
      },
      {
        name: 'early-run-passes',
        breaks: 'A run before the chosen start passes the verification.',
        from: 'if time < self.not_before else None',
        to: 'if time < "" else None',
      },
      {
        name: 'step-after-stop-passes',
        breaks: 'A step after a stop passes the verification.',
        from: '        if self.stops:\n',
        to: '        if self.stops is None:\n',
      },
      {
        name: 'attempt-number-passes',
        breaks: 'A wrong attempt number passes the verification.',
        from: 'return None if attempt == expected else',
        to: 'return None if attempt else',
      },
      {
        name: 'unproved-success-passes',
        breaks: 'A success without proof passes the verification.',
        from: 'if kind == "succeeded" and (not all(map(self.is_done, self.stages)) or not',
        to: 'if kind == "succeeded" and (not all(map(self.is_done, self.stages)) and not',
      },
      {
        name: 'second-automatic-retry-passes',
        breaks: 'A second retry by the bot passes the verification.',
        from: '(not self.outage or self.automatic or self.objected)',
        to: '(not self.outage or self.objected)',
      },
    ],
  },
  {
    file: 'src/audit/seals.ts',
    suites: ['unit/audit/seals'],
    faults: [
      {
        name: 'seal-unchecked',
        breaks: 'A wrong seal on an event is accepted.',
        from: 'if (!isSameSeal(seal, expected))',
        to: 'if (expected === null)',
      },
      {
        name: 'replaced-key-counts',
        breaks: 'A seal key that was replaced seals later events.',
        from: 'if (until === null || line.seq < until.seq ||',
        to: 'if (until !== undefined || line.seq < until.seq ||',
      },
    ],
  },
  {
    file: 'src/audit/tlog/note.ts',
    suites: ['unit/audit/tlog/note'],
    faults: [
      {
        name: 'replaced-log-key-counts',
        breaks: 'The bot accepts a checkpoint that a replaced key of the log signed later.',
        from: ' && size <= (key.until ?? size)',
        to: '',
      },
    ],
  },
  {
    file: 'src/audit/verify.ts',
    suites: ['unit/audit/verify'],
    faults: [
      {
        name: 'chain-unchecked',
        breaks: 'An event that doesn’t follow the one before is accepted.',
        from: 'if (prev !== before.hash)',
        to: 'if (prev === before)',
      },
      {
        name: 'text-commitment-unchecked',
        breaks: 'A text that was changed in the database is accepted.',
        from: 'else if (known.sha256 !== commitmentTo(salt, text)) {',
        to: 'else if (known.sha256 === undefined) {',
      },
      {
        name: 'gap-in-chain-unseen',
        breaks: 'Missing events go unnoticed.',
        from: 'if (seq !== next) findings',
        to: 'if (seq < next) findings',
      },
    ],
  },
  {
    file: 'src/authorization/role-checks.ts',
    suites: ['unit/authorization/roles'],
    faults: [
      {
        name: 'requester-checked-as-approver',
        breaks: 'A request of a person who isn’t a requester any more is approved.',
        from: 'requesterOf: (request) => onRequest(requester, request.requester, request)',
        to: 'requesterOf: (request) => onRequest(approver, request.requester, request)',
        suites: ['unit/teams/bot/decisions'],
      },
      {
        name: 'guest-with-role',
        breaks: 'A guest in a group has its role.',
        from: "return kind === 'guest' ? 'no' : 'unknown';",
        to: "return 'yes';",
      },
      {
        name: 'one-list-is-enough',
        breaks: 'A person in one of several required groups has the role.',
        from: 'return lists.every((allowed) =>',
        to: 'return lists.some((allowed) =>',
      },
    ],
  },
  {
    file: 'src/azure/kql.ts',
    suites: ['contract/azure-lists'],
    faults: [
      {
        name: 'query-injection',
        breaks: 'A quote in a name changes the Resource Graph query.',
        from: `.replaceAll("'", "\\\\'")`,
        to: '',
      },
    ],
  },
  {
    file: 'src/azure/resource-ids.ts',
    suites: ['contract/azure-access'],
    faults: [
      {
        name: 'foreign-subscription',
        breaks: 'A resource of another subscription is changed.',
        from: 'if (!known) return',
        to: 'if (known === null) return',
      },
    ],
  },
  {
    file: 'src/azure/resources.ts',
    suites: ['contract/azure-resources'],
    faults: [
      {
        name: 'no-if-match',
        breaks: 'A late write overwrites a newer one.',
        from: 'etag === null || refused.get(id) === etag ? {}',
        to: 'etag === null || etag !== null ? {}',
      },
      {
        name: 'replaced-agent-unseen',
        breaks: 'An agent that was created again gets the old one’s change.',
        from: "if (replaced !== null) throw new FoundInCall({ code: 'replaced', ...replaced });",
        to: '',
      },
    ],
  },
  {
    file: 'src/domain/control-change.ts',
    suites: ['unit/domain/control-change'],
    faults: [
      {
        name: 'new-controllers-unseen',
        breaks: 'People who gained control over the key go unnoticed.',
        from: 'if (more.length > 0)',
        to: 'if (more.length < 0)',
      },
      {
        name: 'new-members-unseen',
        breaks: 'New members of a group that controls the key go unnoticed.',
        from: 'if (came === null ? members <= before : came === 0) return [];',
        to: 'if (came !== undefined) return [];',
      },
    ],
  },
  {
    file: 'src/domain/key-change.ts',
    suites: ['unit/domain/plan'],
    faults: [
      {
        name: 'own-key-of-any-time',
        breaks: 'A key created at another time counts as the bot’s own.',
        from: 'return intent !== undefined && isOfItsTime(key, intent)',
        to: 'return intent !== undefined',
      },
    ],
  },
  {
    file: 'src/config/policy-file.ts',
    suites: ['unit/config/policy-file'],
    faults: [
      {
        name: 'double-field-in-policy',
        breaks: 'The second of two equal fields in the policy file replaces the first.',
        from: 'const isDouble = names.slice(0, n)',
        to: 'const isDouble = names.slice(0, 0)',
      },
    ],
  },
  {
    file: 'src/domain/policy/policy.ts',
    suites: ['unit/domain/policy/policy'],
    faults: [
      {
        name: 'change-number-in-part',
        breaks: 'A change number passes if a part of it has the required format.',
        from: 'compilePattern(pattern)?.matches(text)',
        to: 'compilePattern(pattern)?.matcher(text).find()',
      },
    ],
  },
  {
    file: 'src/domain/policy/rules.ts',
    suites: ['unit/domain/policy/rules'],
    faults: [
      {
        name: 'missing-tag-excuses',
        breaks: 'A rule doesn’t apply to a resource without the tag.',
        from: "if (found === null) return 'tag-missing';",
        to: "if (found === null) return 'differs';",
      },
      {
        name: 'vault-anywhere',
        breaks: 'A vault of any subscription is accepted.',
        from: 'match.subscriptions === undefined ? inOneSubscription(resource, vault) :',
        to: 'match.subscriptions === undefined ? true :',
        suites: ['unit/domain/policy/vaults'],
      },
    ],
  },
  {
    file: 'src/domain/policy/sign-in.ts',
    suites: ['unit/domain/request/decide'],
    faults: [
      {
        name: 'old-sign-in',
        breaks: 'A sign-in of any age counts as recent.',
        from: 'return ageMs > maxAgeMs ?',
        to: 'return maxAgeMs < 0 ?',
      },
    ],
  },
  {
    file: 'src/domain/request/consequences.ts',
    suites: ['unit/domain/request/request'],
    faults: [
      {
        name: 'edit-has-no-expiry-row',
        breaks: 'An edited request never expires.',
        from: "if ('policy' in body.data) {",
        to: "if ('policy' in body.data && body.type !== 'request-changed') {",
      },
      {
        name: 'stale-notification',
        breaks: 'People are notified about a state that has passed.',
        from: 'request.state === state && request.asking === revision',
        to: "(body.type === 'attention-needed' || (request.state === state && request.asking === revision))",
        suites: ['unit/teams/delivery/notifications'],
      },
    ],
  },
  {
    file: 'src/domain/request/decide-approval.ts',
    suites: ['unit/domain/request/decide'],
    faults: [
      {
        name: 'own-approval',
        breaks: 'A requester approves their own request.',
        from: "if (command.by === request.requester) return refuse('own-request', request.id);",
        to: '',
      },
      {
        name: 'anyone-decides',
        breaks: 'A person who isn’t an approver decides.',
        from: "if (command.roleStatus !== 'yes') return refuse(roleRefusals[command.roleStatus], request.id);",
        to: '',
      },
      {
        name: 'stale-card-approves',
        breaks: 'An old card approves the new plan.',
        from: "if (command.asking !== request.asking) return refuse('stale-card', request.id);",
        to: '',
      },
      {
        name: 'quorum-off-by-one',
        breaks: 'One approval too few starts a run.',
        from: 'if (counted < approvalsRequired) return accept(approved);',
        to: 'if (counted + 1 < approvalsRequired) return accept(approved);',
        suites: ['unit/teams/bot/decisions'],
      },
      {
        name: 'unacknowledged-step',
        breaks: 'One irreversible step needs no checkbox.',
        from: 'if (irreversible > 0 && !command.acknowledged)',
        to: 'if (irreversible > 1 && !command.acknowledged)',
      },
      {
        name: 'deadline-off-by-one',
        breaks: 'An approval counts at the moment when the request expires.',
        from: 'now.toISOString() >= request.policy.expiresAt',
        to: 'now.toISOString() > request.policy.expiresAt',
      },
      {
        name: 'late-reject-does-not-stop',
        breaks: 'A late rejection doesn’t stop the run.',
        from: "command.do === 'reject' && request.state === 'running' && !isInLastStep(request)",
        to: "command.do === 'approve' && request.state === 'running' && !isInLastStep(request)",
      },
    ],
  },
  {
    file: 'src/domain/request/decide-change.ts',
    suites: ['unit/domain/request/decide-run'],
    faults: [
      {
        name: 'edit-of-outdated-card',
        breaks: 'An edit from an outdated card is stored.',
        from: "if (asking !== request.asking) return refuse('changed-meanwhile', request.id);",
        to: '',
      },
      {
        name: 'edit-of-others-request',
        breaks: 'A person edits another person’s request.',
        from: "if (by !== request.requester) return refuse('not-your-request', request.id);",
        to: '',
        suites: ['unit/teams/bot/dialog'],
      },
    ],
  },
  {
    file: 'src/domain/request/decide-run.ts',
    suites: ['unit/domain/request/decide-run'],
    faults: [
      {
        name: 'expired-approval-runs',
        breaks: 'An expired approval starts a run.',
        from: 'still.filter((approval) => now.getTime() < approvalEnds(approval, request.notBefore))',
        to: 'still.filter((approval) => approvalEnds(approval, request.notBefore) > 0)',
      },
      {
        name: 'approval-of-another-plan',
        breaks: 'An approval starts a plan that it doesn’t cover.',
        from: 'if (covered && counted.length >= needed',
        to: 'if (counted.length >= needed',
      },
      {
        name: 'looser-quorum-counts',
        breaks: 'A policy loosened after the submission counts.',
        from: 'Math.max(request.policy.approvalsRequired, command.policy.approvalsRequired)',
        to: 'command.policy.approvalsRequired',
      },
      {
        name: 'run-by-lost-requester',
        breaks: 'A run starts for a requester who lost the role.',
        from: "if (command.requesterStatus !== 'yes')",
        to: 'if (command.requesterStatus === undefined)',
      },
      {
        name: 'stop-keeps-approvals',
        breaks: 'After an approver’s stop the old approvals still count.',
        from: 'counted.length >= needed && !request.objected',
        to: 'counted.length >= needed',
        suites: ['unit/domain/request/decide'],
      },
      {
        name: 'step-out-of-order',
        breaks: 'A step starts before the one that it depends on.',
        from: 'if (early.length === 0 && next) return;',
        to: 'if (next) return;',
      },
    ],
  },
  {
    file: 'src/domain/request/decide.ts',
    suites: ['unit/domain/request/decide-run'],
    faults: [
      {
        name: 'retry-by-lost-requester',
        breaks: 'A requester who lost the role retries a run.',
        from: "command.do === 'retry' && command.actor.kind !== 'operator'",
        to: "command.do === 'give-up' && command.actor.kind !== 'operator'",
      },
      {
        name: 'settle-unknown-role',
        breaks: 'A person whose role is unknown settles a run.',
        from: "by === request.requester || roleStatus === 'yes'",
        to: "by === request.requester || roleStatus !== 'no'",
      },
    ],
  },
  {
    file: 'src/domain/request/start-window.ts',
    suites: ['unit/domain/request/decide-run'],
    faults: [
      {
        name: 'check-never-old',
        breaks: 'A run starts on a check of any age.',
        from: 'const maxCheckAgeMs = 5 * 60_000;',
        to: 'const maxCheckAgeMs = 500 * 60_000;',
      },
    ],
  },
  {
    file: 'src/domain/watch/drift.ts',
    suites: ['unit/domain/watch/drift'],
    faults: [
      {
        name: 'stripped-key-unseen',
        breaks: 'An agent that lost its customer-managed key goes unnoticed.',
        from: "if (customerKey === null) states.push({ code: 'key-stripped' });",
        to: 'if (customerKey === null) states.push();',
      },
      {
        name: 'expiry-seen-late',
        breaks: 'A key’s expiry is reported three days before it.',
        from: 'const expiresSoonMs = 30 * dayMs;',
        to: 'const expiresSoonMs = 3 * dayMs;',
      },
    ],
  },
  {
    file: 'src/io/call-server.ts',
    suites: ['unit/bootstrap/bootstrap'],
    faults: [
      {
        name: 'packed-answer-read',
        breaks: 'A compressed answer without a size limit is read.',
        from: "if (packed !== 'identity') throw",
        to: "if (packed === '') throw",
      },
    ],
  },
  {
    file: 'src/operations/actions/action.ts',
    suites: ['unit/teams/bot/decisions'],
    faults: [
      {
        name: 'role-of-decider-unchecked',
        breaks: 'Anyone ends a request that needs attention.',
        from: "return request === null ? 'no' : ports.approverOf(by, request);",
        to: "return request === null ? 'no' : 'yes';",
      },
      {
        name: 'role-of-requester-unchecked',
        breaks: 'A request of a person who lost the role is approved.',
        from: 'ports.requesterOf(request)]);',
        to: 'ports.approverOf(by, request)]);',
      },
    ],
  },
  {
    file: 'src/operations/actions/approve.ts',
    suites: ['unit/teams/bot/decisions'],
    faults: [
      {
        name: 'any-tick-counts',
        breaks: 'A checkbox that isn’t selected counts.',
        from: "inputs.acknowledgeIrreversible === 'true'",
        to: "inputs.acknowledgeIrreversible !== ''",
      },
      {
        name: 'later-start-ignored',
        breaks: 'A start that the approver puts off is ignored.',
        from: 'stepUp,\n      signIn,\n      notBefore,',
        to: 'stepUp,\n      signIn,\n      notBefore: null,',
      },
    ],
  },
  {
    file: 'src/operations/form-clicks.ts',
    suites: ['unit/teams/bot/dialog'],
    faults: [
      {
        name: 'ended-form-acts',
        breaks: 'A form that has ended acts.',
        from: 'if (form.ended !== null) return { form, problem: null };',
        to: '',
      },
      {
        name: 'submit-of-moved-plan',
        breaks: 'A plan that the form didn’t show is submitted.',
        from: "return digest === form.shownDigest ? null : refuse('plan-moved');",
        to: "return digest !== '' ? null : refuse('plan-moved');",
      },
      {
        name: 'left-page-counts-as-shown',
        breaks: 'A plan of a page that was left counts as shown.',
        from: "keyWay: form.page === 'key' ? null : form.keyWay,\n    shownDigest: null,",
        to: "keyWay: form.page === 'key' ? null : form.keyWay,",
      },
      {
        name: 'no-checkbox-needed',
        breaks: 'A request is submitted without the data-loss checkbox.',
        from: "if (inputs.acknowledgeDataLoss !== 'true')",
        to: "if (inputs.acknowledgeDataLoss === 'no')",
      },
      {
        name: 'stale-answers-kept',
        breaks: 'A choice stays although one before it changed.',
        from: 'for (const page of stale) delete answers[page.name];',
        to: '',
      },
      {
        name: 'second-edit-ignored',
        breaks: 'A second edit counts as a repetition of the first.',
        from: `\`change/\${formId}\``,
        to: '`change`',
      },
      {
        name: 'deadline-by-own-clock',
        breaks: 'A deadline comes from the replica’s clock.',
        from: 'applyPolicy(ports.policy, plan, now), ...chosen',
        to: 'applyPolicy(ports.policy, plan, ports.now()), ...chosen',
      },
      {
        name: 'request-of-another-shown',
        breaks: 'A form shares another person’s request.',
        from: 'if (form.changes === null && already !== null && !isStored) {',
        to: 'if (form.changes === null && already === undefined && !isStored) {',
      },
      {
        name: 'stored-submit-called-lost',
        breaks: 'A stored request is reported as lost.',
        from: "return request?.forms.includes(form.id)\n    ? advance(form, { ended: 'submitted', justification: '' })",
        to: "return request === undefined\n    ? advance(form, { ended: 'submitted', justification: '' })",
      },
      {
        name: 'cancel-hides-request',
        breaks: 'Cancel hides that the request was stored.',
        from: "ended: request?.forms.includes(form.id) ? 'submitted' : 'cancelled'",
        to: "ended: request === undefined ? 'submitted' : 'cancelled'",
      },
    ],
  },
  {
    file: 'src/operations/open-form.ts',
    suites: ['unit/teams/bot/dialog'],
    faults: [
      {
        name: 'anybody-repeats-request',
        breaks: 'A person opens another person’s request again.',
        from: "if (call.by !== request.requester) return refuse('not-your-request', request.id);",
        to: '',
      },
      {
        name: 'rejected-choice-kept',
        breaks: 'A form after a rejection keeps the rejected vault.',
        from: "if (request.state !== 'rejected') return filled;",
        to: 'if (request.state !== undefined) return filled;',
      },
      {
        name: 'edit-form-without-role',
        breaks: 'A requester without the role opens an edit.',
        from: "const roleStatus = await ports.requesterStatus(call.by, request.plan.observation.resource);\n  if (roleStatus !== 'yes') return refuse(requesterRefusals[roleStatus]);",
        to: '',
      },
    ],
  },
  {
    file: 'src/operations/steps/grant-key-access.ts',
    suites: ['unit/operations/steps'],
    faults: [
      {
        name: 'grant-not-read-back',
        breaks: 'Key access that Azure doesn’t show counts as assigned.',
        from: 'return isHeld\n      ? { outputs: { principalId }',
        to: 'return isHeld || !isHeld\n      ? { outputs: { principalId }',
      },
    ],
  },
  {
    file: 'src/operations/steps/set-cmk.ts',
    suites: ['unit/operations/steps'],
    faults: [
      {
        name: 'set-key-not-read-back',
        breaks: 'A key that Azure doesn’t show counts as set.',
        from: 'await verifyKeySet(context);\n    return',
        to: 'return',
      },
      {
        name: 'unusable-key-tried-again',
        breaks: 'After a failed key operation, nobody is told that the key has expired or that the vault is closed.',
        from: `find((one) => one?.outcome === 'block')`,
        to: `find((one) => one?.code === 'key-disabled')`,
      },
      {
        name: 'overwrite-moved-key',
        breaks: 'Another person’s key is overwritten.',
        from: 'if (!isUnder(shows, plannedKey(context)) && !isUnchangedKey(shows, expected))',
        to: 'if (expected === undefined)',
      },
    ],
  },
  {
    file: 'src/operations/steps/verify.ts',
    suites: ['unit/operations/steps'],
    faults: [
      {
        name: 'verify-skips-protection',
        breaks: 'The verification doesn’t read the vault’s protection.',
        from: 'await protectVault.verify(context);',
        to: '',
      },
    ],
  },
  {
    file: 'src/store/database.ts',
    suites: ['contract/store-databases'],
    faults: [
      {
        name: 'clock-of-the-owner',
        breaks: 'The database’s owner sets the bot’s clock.',
        from: "await client.query('set search_path = pg_catalog');",
        to: '',
      },
    ],
  },
  {
    file: 'src/store/append.ts',
    suites: ['contract/store-append'],
    faults: [
      {
        name: 'cause-stored-twice',
        breaks: 'A repeated click is stored twice.',
        from: 'all.filter((event) => event.cause === cause);',
        to: 'all.filter(() => false);',
      },
      {
        name: 'two-requests-for-one-agent',
        breaks: 'One agent has two open requests.',
        from: 'return from === to || to === null ? null',
        to: 'return from !== undefined ? null',
      },
    ],
  },
  {
    file: 'src/store/jobs.ts',
    suites: ['contract/store-jobs'],
    faults: [
      {
        name: 'job-not-inserted',
        breaks: 'A follow-up isn’t stored with its event.',
        from: 'const rows = [...new Map(wanted.map(',
        to: 'const rows = [...new Map(wanted.slice(1).map(',
      },
      {
        name: 'nothing-shown-after-return',
        breaks: 'Where the app is added again, cards and outcomes wait for the next retry.',
        from: 'retryPosts: async () => void (await changedRows(pool, dueNow(posts), [clock.now().toISOString()])),',
        to: 'retryPosts: async () => undefined,',
      },
      {
        name: 'lost-claim-counts',
        breaks: 'A process that lost its claim counts as its owner.',
        from: '.affected === 0) return false;',
        to: '.affected === 0) return true;',
      },
      {
        name: 'claim-not-renewed',
        breaks: 'Work in hand is given to another process.',
        from: 'jobs.length === 0 ? [] :',
        to: 'jobs.length >= 0 ? [] :',
      },
      {
        name: 'forged-job-kept',
        breaks: 'A job that no event asks for is carried out.',
        from: 'data === undefined || !isRead(data.id)',
        to: 'data === undefined',
      },
    ],
  },
  {
    file: 'src/teams/bot-framework.ts',
    suites: ['unit/teams/ingress/ingress'],
    faults: [
      {
        name: 'service-url-without-tls',
        breaks: 'The bot sends its token over http.',
        from: "return read.protocol === 'https:' && read.port === ''",
        to: "return read.port === ''",
      },
    ],
  },
  {
    file: 'src/teams/bot/dialog-store.ts',
    suites: ['unit/teams/bot/dialog'],
    faults: [
      {
        name: 'slow-page-forgotten',
        breaks: 'If the process ends before it shows a page that it stored, the card waits forever.',
        from: 'jobs.delete(look);',
        to: 'jobs.delete(look); void documents.delete([keyOf(formId)]);',
      },
      {
        name: 'request-card-closed',
        breaks: 'A form is closed over its request’s card.',
        from: 'if (isSubmitted && form.changes === null) return null;',
        to: '',
      },
      {
        name: 'personal-form-closed-early',
        breaks: 'A form in a personal chat is closed after 15 minutes.',
        from: '(isPersonal(form) ? personal : shared)',
        to: 'shared',
      },
      {
        name: 'outdated-edit-stays',
        breaks: 'An edit that can’t be stored stays open.',
        from: "request?.state !== 'awaiting-approval' || request.asking !== form.changes?.asking",
        to: 'request?.state === undefined',
      },
      {
        name: 'form-in-use-replaced',
        breaks: 'A form in use makes way for the next one.',
        from: "inUseMs)).includes('');",
        to: "inUseMs)).includes('') || true;",
      },
      {
        name: 'lost-job-over-request-card',
        breaks: 'A lost job is shown over a request’s card.',
        from: 'if (await isStored(requests, form)) return;',
        to: '',
      },
      {
        name: 'shared-form-stays',
        breaks: 'An abandoned form stays in a channel for hours.',
        from: 'const sharedMs = 15 * minuteMs;',
        to: 'const sharedMs = 150 * minuteMs;',
      },
      {
        name: 'lost-page-stays',
        breaks: 'A page whose job was lost stays as it is.',
        from: 'if (form.ended !== null || messageId === undefined) return;',
        to: 'if (form.pending !== null || form.ended !== null || messageId === undefined) return;',
      },
      {
        name: 'sweeper-stops',
        breaks: 'One refused message keeps other forms open.',
        from: 'await settleInTurn(\n    [() => settleInTurn(ended ?? [], closeUnused), () => settleInTurn(edits, closeOutdated)],\n    (closeAll) => closeAll(),\n  );',
        to: 'for (const id of ended ?? []) await closeUnused(id);\n  for (const id of edits) await closeOutdated(id);',
      },
    ],
  },
  {
    file: 'src/teams/bot/forms.ts',
    suites: ['unit/teams/bot/dialog'],
    faults: [
      {
        name: 'other-plan-same-revision',
        breaks: 'A button of the earlier plan submits the new one.',
        from: 'form.revision : form.revision + 1,\n});',
        to: 'form.revision : form.revision,\n});',
      },
    ],
  },
  {
    file: 'src/teams/bot/form-click.ts',
    suites: ['unit/teams/bot/dialog'],
    faults: [
      {
        name: 'slow-page-misplaced',
        breaks: 'A slow page is posted where the client says.',
        from: 'return messageId === undefined ? null : { conversationId, activityId: messageId };',
        to: 'return at ?? (messageId === undefined ? null : { conversationId, activityId: messageId });',
      },
      {
        name: 'slow-page-over-newer',
        breaks: 'A slow page replaces the page that followed it.',
        from: 'return read.revision === first ? shared(form, page, sender) : null;',
        to: 'return first !== null ? shared(form, page, sender) : null;',
      },
    ],
  },
  {
    file: 'src/teams/bot/forms.ts',
    suites: ['unit/teams/bot/dialog'],
    faults: [
      {
        name: 'form-of-others',
        breaks: 'A person uses another person’s form.',
        from: "if (stored.form.owner !== call.by) return refuse('not-your-form');",
        to: '',
      },
      {
        name: 'old-page-acts',
        breaks: 'A button of an earlier page acts on the current one.',
        from: "const current = call.revision === form.revision && call.verb !== 'form.show';",
        to: "const current = call.revision <= form.revision && call.verb !== 'form.show';",
      },
      {
        name: 'form-read-by-others',
        breaks: 'A person reads another person’s form.',
        from: 'return form?.owner === by ? form : null;',
        to: 'return form ?? null;',
      },
      {
        name: 'page-to-come-acts',
        breaks: 'A click with a revision to come acts.',
        from: "const current = call.revision === form.revision && call.verb !== 'form.show';",
        to: "const current = call.revision >= form.revision && call.verb !== 'form.show';",
      },
      {
        name: 'abandoned-job-wins',
        breaks: 'The result of an abandoned click replaces the page.',
        from: "if (!isWanted && (answer.form.ended !== 'submitted' || form.ended === 'submitted')) return null;",
        to: '',
      },
      {
        name: 'slow-click-wins',
        breaks: 'A slow click replaces what a newer one did.',
        from: 'if (now?.form.revision !== form.revision) throw',
        to: 'if (now === null) throw',
      },
      {
        name: 'job-not-announced',
        breaks: 'A replica doesn’t know that another one still submits.',
        from: 'await jobs.announce(form.id);',
        to: '',
      },
      {
        name: 'repeated-job-renamed',
        breaks: 'Refreshes on two replicas in turn never show the page.',
        from: 'const answer = await act({ ...form, pending: null }, eTag, clicked, pending.look);',
        to: 'const answer = await act({ ...form, pending: null }, eTag, clicked);',
      },
      {
        name: 'submit-again-starts-over',
        breaks: 'Submits on two replicas in turn never store the request.',
        from: "const job = submitsNow && pending?.verb === 'form.submit' ? pending.look : undefined;",
        to: 'const job = undefined;',
      },
      {
        name: 'lost-submit-submits',
        breaks: 'A submit that was lost submits by itself.',
        from: 'verb: submits ? submitLost : pending.verb',
        to: 'verb: pending.verb',
      },
      {
        name: 'entries-lost-on-back',
        breaks: 'Going back from a slow click loses what was entered.',
        from: 'return onCard(before, withInputs(card, form.pending?.inputs ?? {}));',
        to: 'return onCard(before, card);',
      },
      {
        name: 'erased-text-reopened',
        breaks: 'A new form shows text that was erased.',
        from: 'if (!(await isErased(form))) return answer;',
        to: 'if (form !== null) return answer;',
      },
      {
        name: 'submit-after-erasure',
        breaks: 'A form whose texts were erased submits them.',
        from: 'inBackground ? isPending(form.id, job) : (await dialogs.read(form.id)) !== null;',
        to: 'inBackground ? isPending(form.id, job) : true;',
      },
      {
        name: 'card-place-taken',
        breaks: 'A form takes the place of a request’s card.',
        from: 'return (await app.isTaken(at)) ? form : withMessageId(form, at.activityId);',
        to: 'return withMessageId(form, at.activityId);',
      },
      {
        name: 'cancel-waits',
        breaks: 'Cancel waits for Azure.',
        from: "!submitsNow && !(current && call.verb === 'form.cancel')",
        to: '!submitsNow',
      },
      {
        name: 'no-retry-on-conflict',
        breaks: 'A click at the same time as another one fails.',
        from: 'attempt === mostAttempts',
        to: 'attempt === 1',
      },
    ],
  },
  {
    file: 'src/teams/bot/reply.ts',
    suites: ['unit/teams/bot/dialog'],
    faults: [
      {
        name: 'late-answer-stands',
        breaks: 'A slow answer to a click stands over the page that was shown meanwhile.',
        from: `ref: false });
    await update(at, read);`,
        to: 'ref: false });',
        suites: ['unit/teams/bot/clicks'],
      },
      {
        name: 'double-click-posts-twice',
        breaks: 'A double click posts two cards.',
        from: 'Math.abs(at.getTime() - Date.parse(before.at)) < onceInMs) return false;',
        to: 'Math.abs(at.getTime() - Date.parse(before.at)) < 0) return false;',
      },
      {
        name: 'later-click-dropped',
        breaks: 'A click half a minute later counts as a double click.',
        from: 'const onceInMs = 20_000;',
        to: 'const onceInMs = 200_000;',
      },
      {
        name: 'two-first-clicks',
        breaks: 'Two clicks at once on two replicas both post a card.',
        from: "eTag: found?.eTag ?? '' }",
        to: "eTag: '*' }",
      },
      {
        name: 'throttled-update-dropped',
        breaks: 'A throttled card update is dropped.',
        from: 'if (error instanceof Throttled) return error.retryAfterMs <= longestThrottleMs ? error.retryAfterMs : null;',
        to: 'if (error instanceof Throttled) return null;',
        suites: ['unit/teams/bot/clicks'],
      },
    ],
  },
  {
    file: 'src/teams/bot/request-click.ts',
    suites: ['unit/teams/bot/clicks'],
    faults: [
      {
        name: 'unreadable-revision-acts',
        breaks: 'A click without a readable revision acts on the first card.',
        from: 'asking: data.revision ?? -1',
        to: 'asking: data.revision ?? 1',
        suites: ['unit/teams/bot/decisions'],
      },
      {
        name: 'buttons-for-everyone',
        breaks: 'Everyone has the buttons of an approver.',
        from: "asks ? await ports.approverOf(person, request) : 'no'",
        to: "asks ? 'yes' : 'no'",
      },
    ],
  },
  {
    file: 'src/teams/cards/plain-text.ts',
    suites: ['unit/teams/cards/render-card'],
    faults: [
      {
        name: 'markup-in-names',
        breaks: 'A name on a card carries markup.',
        from: 'return CardText.parse(escapeMarkdown(cut(oneLine(text), length)));',
        to: 'return CardText.parse(cut(oneLine(text), length));',
      },
    ],
  },
  {
    file: 'src/teams/cards/render-card.ts',
    suites: ['unit/teams/cards/limits'],
    faults: [
      {
        name: 'no-card-of-many-controllers',
        breaks: 'A request that many people control has no card at all.',
        from: 'const shown = Math.min(usual, most);',
        to: 'const shown = usual;',
      },
    ],
  },
  {
    file: 'src/teams/cards/views/state-line.ts',
    suites: ['unit/teams/cards/views'],
    faults: [
      {
        name: 'paused-run-shown-as-running',
        breaks: 'A paused run is shown as running.',
        from: 'if (paused) return { text: `Paused',
        to: 'if (paused && !paused) return { text: `Paused',
      },
    ],
  },
  {
    file: 'src/teams/delivery/audience.ts',
    suites: ['unit/teams/bot/decisions'],
    faults: [
      {
        name: 'card-of-another-request-taken',
        breaks: 'A click with another request’s data takes over its card.',
        from: 'neighbor === undefined || (await holderOf(tools, clicked, request.id)) !== null',
        to: 'neighbor === undefined',
      },
    ],
  },
  {
    file: 'src/teams/delivery/reconcile-cards.ts',
    suites: ['unit/teams/delivery/cards'],
    faults: [
      {
        name: 'card-not-posted-again',
        breaks: 'A deleted card isn’t posted again.',
        from: 'if (at !== undefined && !(await chat.update(at, card))) known = undefined;',
        to: 'if (at !== undefined) await chat.update(at, card);',
      },
      {
        name: 'refused-card-forgotten',
        breaks: 'After a time in which Teams refuses edits, a card stays wrong for good, and an erasure misses it.',
        from: 'if (!isRefused(error)) await postedCards.remove(id, audience);',
        to: 'await postedCards.remove(id, audience);',
      },
    ],
  },
  {
    file: 'src/teams/delivery/chat.ts',
    suites: ['unit/teams/delivery/chat'],
    faults: [
      {
        name: 'refused-edit-means-gone',
        breaks: 'A message that Teams refuses to edit for a while counts as deleted.',
        from: '=> [404, 410].includes',
        to: '=> [403, 404, 410].includes',
      },
    ],
  },
  {
    file: 'src/teams/delivery/notifications.ts',
    suites: ['unit/teams/delivery/notifications'],
    faults: [
      {
        name: 'refused-outcome-lost',
        breaks: 'A requester whose chat refuses the outcome never gets it.',
        from: 'this.waits = !isTold && this.#isRefused;',
        to: '',
      },
    ],
  },
  {
    file: 'src/teams/ingress/gate.ts',
    suites: ['unit/teams/ingress/rate-limit'],
    faults: [
      {
        name: 'no-rate-limit',
        breaks: 'A flood of one person is never refused.',
        from: 'has: (key, cost) => leftOf(key, now()) >= cost,',
        to: 'has: () => true,',
      },
    ],
  },
  {
    file: 'src/teams/sign-in/step-up.ts',
    suites: ['unit/teams/sign-in/step-up'],
    faults: [
      {
        name: 'sign-in-for-other-request',
        breaks: 'A sign-in for one request approves another.',
        from: 'asked !== null && samePurpose(asked, purpose)',
        to: 'asked !== null',
      },
    ],
  },
  {
    file: 'src/teams/sign-in/verify-token.ts',
    suites: ['unit/teams/sign-in/sign-in'],
    faults: [
      {
        name: 'sign-in-of-another-tenant',
        breaks: 'A sign-in of another tenant counts.',
        from: "if (claims.tid !== tenantId) return 'another tenant';",
        to: '',
      },
    ],
  },
  {
    file: 'src/text/quote.ts',
    suites: ['unit/text/text'],
    faults: [
      {
        name: 'quotation-ended',
        breaks: 'A person’s text closes its quotation early.',
        from: "text.replaceAll(doubled, '’')",
        to: 'text',
      },
    ],
  },
  {
    file: 'src/workflow/run-job.ts',
    suites: ['unit/workflow/run'],
    faults: [
      {
        name: 'unpublished-decision-carried-out',
        breaks: 'Azure is changed after a decision that the database’s owner can still take away.',
        from: "await turn('publish', () => ports.decisions.isPublished(request));",
        to: 'true;',
      },
      {
        name: 'lost-run-stores',
        breaks: 'A process that lost its run stores events of it.',
        from: 'await fence();\n      latest',
        to: 'latest',
      },
      {
        name: 'lost-run-writes',
        breaks: 'A process that lost its run changes Azure.',
        from: 'ports.withWriteFence(fence, work);',
        to: 'work();',
      },
      {
        name: 'starts-by-one-clock',
        breaks: 'A run starts by the database’s clock alone.',
        from: 'isTooEarly(request, ports.ownTime()) || ',
        to: '',
      },
      {
        name: 'starts-while-clocks-differ',
        breaks: 'A run starts while the clocks differ.',
        from: ' || (await ports.clock.look()) !== null',
        to: '',
      },
    ],
  },
  {
    file: 'src/workflow/worker.ts',
    suites: ['unit/workflow/worker'],
    faults: [
      {
        name: 'expires-while-clocks-differ',
        breaks: 'A request expires while the clocks differ.',
        from: '(await clock.look()) !== null',
        to: 'clock === null',
      },
      {
        name: 'job-failure-swallowed',
        breaks: 'A failed follow-up is never tried again.',
        from: 'await jobs.release(job, { afterMs: waitMs }, attempts + 1);',
        to: 'await jobs.finish(job);',
      },
      {
        name: 'taken-over-too-early',
        breaks: 'A process that stood still takes over the work of others.',
        from: 'now - steadySince < steadyMs',
        to: 'now - steadySince < 0',
      },
      {
        name: 'lost-work-goes-on',
        breaks: 'Work goes on beside the process that took it over.',
        from: 'inHand.delete(entry)) entry.claim.abort();',
        to: 'inHand.delete(entry)) continue;',
      },
    ],
  },
  {
    file: 'src/workflow/attempt-step.ts',
    suites: ['unit/workflow/run'],
    faults: [
      {
        name: 'interrupted-attempt-repeated',
        breaks: 'An attempt whose process ended is sent again, and the log denies the first one.',
        from: 'const confirms = intended === undefined && steps[step].apply !== undefined;',
        to: 'const confirms = false;',
      },
    ],
  },
  {
    file: 'src/workflow/workflow-steps.ts',
    suites: ['unit/workflow/workflow-steps'],
    faults: [
      {
        name: 'approver-not-asked-before-run',
        breaks: 'The approval of a person who is no longer an approver starts the changes.',
        from: 'roleStatuses[by] = await ports.approverStatus(by, plan.observation.resource);',
        to: "roleStatuses[by] = 'yes';",
        suites: ['unit/teams/bot/decisions'],
      },
      {
        name: 'directory-down-voids-approvals',
        breaks: 'An outage of the directory discards approvals.',
        from: "requesterStatus].includes('unknown'))",
        to: "requesterStatus].includes('none-configured'))",
      },
    ],
  },
];

export const faults: readonly Fault[] = faultyFiles.flatMap(({ faults: rows, ...of }) =>
  rows.map((row) => ({ ...of, ...row })),
);

export const suiteFile = (suite: string): string => `test/${suite}.test.ts`;
