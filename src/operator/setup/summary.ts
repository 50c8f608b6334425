/** What the wizard shows before it writes. */
import type { Answers, QuestionId } from './question.ts';

const rows: readonly (readonly [string, readonly QuestionId[]])[] = [
  ['runs', ['runs']],
  ['identity', ['identity', 'app']],
  ['address', ['host']],
  ['may act in', ['subscriptions']],
  ['may ask', ['ask']],
  ['may approve', ['approve']],
  ['approvals', ['approvals']],
  ['sign in anew', ['signIn']],
  ['channels', ['operations', 'approvalsChannel', 'audit']],
  ['record', ['server', 'database', 'role']],
  ['seals', ['seal']],
  ['published', ['anchor', 'logKey']],
  ['vault signs', ['vaultKey']],
  ['witnesses', ['witnesses']],
  ['vaults’ logs', ['workspace']],
  ['finer rules', ['policy']],
];

/** A line each; what was not asked is left out. */
export const summary = (answers: Answers): string =>
  rows
    .map(([name, ids]) => [name, ids.flatMap((id) => answers.get(id)?.shown ?? [])] as const)
    .filter(([, shown]) => shown.length > 0)
    .map(([name, shown]) => `   ${name.padEnd(14)}${shown.join(', ')}`)
    .join('\n');
