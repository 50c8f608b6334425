/** Guards of docs/explain/security.md, each with a change that breaks it and the suite that has to notice. */

export interface Guard {
  /** What the guard holds. */
  readonly guard: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly from: string;
  readonly to: string;
  /** What has to notice, if it isn't the unit test of the file. */
  readonly suite?: string;
}

const decideRun = 'src/domain/request/decide-run.ts';
const approval = 'src/domain/request/decide-approval.ts';
const controlChange = 'src/domain/control-change.ts';

export const guards: readonly Guard[] = [
  {
    guard: 'a sign-in of another tenant proves nothing',
    file: 'src/teams/sign-in/verify-token.ts',
    from: "if (claims.tid !== tenantId) return 'another tenant';",
    to: '',
  },
  {
    guard: 'a service URL is called over https only',
    file: 'src/teams/bot-framework.ts',
    from: "return read.protocol === 'https:' && read.port === ''",
    to: "return read.port === ''",
    suite: 'test/unit/teams/ingress/service-urls.test.ts',
  },
  {
    guard: 'each person and conversation has a bucket that empties',
    file: 'src/teams/ingress/rate-limit.ts',
    from: 'has: (key, cost) => leftOf(key, now()) >= cost,',
    to: 'has: () => true,',
  },
  {
    guard: 'a packed answer is refused',
    file: 'src/io/call-server.ts',
    from: "if (packed !== 'identity') throw",
    to: "if (packed === '') throw",
  },
  {
    guard: 'guests have no role',
    file: 'src/authorization/role-checks.ts',
    from: "return kind === 'guest' ? 'no' : 'unknown';",
    to: "return 'yes';",
  },
  {
    guard: 'nobody approves their own request',
    file: approval,
    from: "if (command.by === request.requester) return refuse('own-request', request.id);",
    to: '',
  },
  {
    guard: 'only an approver decides',
    file: approval,
    from: "if (command.roleStatus !== 'yes') return refuse(roleRefusals[command.roleStatus], request.id);",
    to: '',
  },
  {
    guard: 'an approval is for the plan that the card shows',
    file: approval,
    from: "if (command.asking !== request.asking) return refuse('stale-card', request.id);",
    to: '',
  },
  {
    guard: 'an approval that has ended starts no run',
    file: decideRun,
    from: 'still.filter((approval) => now.getTime() < approvalEnds(approval, request.notBefore))',
    to: 'still.filter((approval) => approvalEnds(approval, request.notBefore) > 0)',
  },
  {
    guard: 'an approval covers one plan and no other',
    file: decideRun,
    from: 'if (covered && counted.length >= needed',
    to: 'if (counted.length >= needed',
  },
  {
    guard: 'the stricter number of approvals holds',
    file: decideRun,
    from: 'Math.max(request.policy.approvalsRequired, command.policy.approvalsRequired)',
    to: 'command.policy.approvalsRequired',
  },
  {
    guard: 'a requester who lost the role starts no run',
    file: decideRun,
    from: "if (command.requesterStatus !== 'yes')",
    to: 'if (command.requesterStatus === undefined)',
  },
  {
    guard: 'after an approver’s stop the approvers are asked again',
    file: decideRun,
    from: 'counted.length >= needed && !request.objected',
    to: 'counted.length >= needed',
    suite: 'test/unit/domain/request/decide-stop.test.ts',
  },
  {
    guard: 'a strong sign-in is recent',
    file: 'src/domain/policy/sign-in.ts',
    from: 'return ageMs > maxAgeMs ?',
    to: 'return maxAgeMs < 0 ?',
  },
  {
    guard: 'a tag that is missing excuses no resource from a rule',
    file: 'src/domain/policy/rules.ts',
    from: "if (found === null) return 'tag-missing';",
    to: "if (found === null) return 'differs';",
  },
  {
    guard: 'a vault lies where the policy permits it',
    file: 'src/domain/policy/rules.ts',
    from: 'match.subscriptions === undefined ? inOneSubscription(resource, vault) :',
    to: 'match.subscriptions === undefined ? true :',
    suite: 'test/unit/domain/policy/vaults.test.ts',
  },
  {
    guard: 'an approval covers who controls the key',
    file: controlChange,
    from: 'if (more.length > 0)',
    to: 'if (more.length < 0)',
  },
  {
    guard: 'an approval covers who is in a group that controls the key',
    file: controlChange,
    from: 'if (came === null ? members <= before : came === 0) return [];',
    to: 'if (came !== undefined) return [];',
  },
  {
    guard: 'a key counts as the bot’s own only if it was made at that time',
    file: 'src/domain/key-change.ts',
    from: 'return intent !== undefined && isOfItsTime(key, intent)',
    to: 'return intent !== undefined',
    suite: 'test/unit/domain/own-key.test.ts',
  },
  {
    guard: 'only resources of the configured subscriptions are touched',
    file: 'src/azure/resource-ids.ts',
    from: 'if (!known) return',
    to: 'if (known === null) return',
    suite: 'test/contract/azure-guards.test.ts',
  },
  {
    guard: 'each event carries a seal of a key outside the database',
    file: 'src/audit/seals.ts',
    from: 'if (isSameSeal(seal, expected)) return null;',
    to: 'return null;',
  },
  {
    guard: 'each document carries a seal that is bound to its place and time',
    file: 'src/audit/audit-tools.ts',
    from: "return isSameSeal(seal, sealOf(key, sealKey, document)) ? null : 'seal-differs';",
    to: 'return null;',
    suite: 'test/unit/audit/document-seals.test.ts',
  },
  {
    guard: 'each event names the hash of the one before',
    file: 'src/audit/verify.ts',
    from: 'if (prev !== before.hash)',
    to: 'if (prev === before)',
  },
  {
    guard: 'no symbolic link is followed in the published folder',
    file: 'src/audit/anchor/files.ts',
    from: 'const readFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;',
    to: 'const readFlags = O_RDONLY | O_NONBLOCK;',
    suite: 'test/long/hostile-log-writer.test.ts',
  },
  {
    guard: 'a witness that lost its state signs nothing',
    file: 'src/audit/witness/state.ts',
    from: 'if (lost !== undefined)',
    to: 'if (lost === null)',
    suite: 'test/unit/audit/witness/witness.test.ts',
  },
  {
    guard: 'a cell of the table for spreadsheets starts no formula',
    file: 'src/audit/export-csv.ts',
    from: `seen.replaceAll(formulaStart, "$&'")`,
    to: 'seen',
  },
  {
    guard: 'what a person wrote ends no quotation',
    file: 'src/text/quote.ts',
    from: "text.replaceAll(doubled, '’')",
    to: 'text',
  },
  {
    guard: 'names on cards carry no markup',
    file: 'src/teams/cards/plain-text.ts',
    from: 'return CardText.parse(escapeMarkdown(cut(oneLine(text), length)));',
    to: 'return CardText.parse(cut(oneLine(text), length));',
  },
  {
    guard: 'values in Resource Graph queries are literals',
    file: 'src/azure/kql.ts',
    from: `.replaceAll("'", "\\\\'")`,
    to: '',
    suite: 'test/contract/azure-inventory.test.ts',
  },
];

/** The suite that has to notice. */
export const suiteOf = ({ file, suite }: Guard): string =>
  suite ?? file.replace('src/', 'test/unit/').replace(/ts$/, 'test.ts');
