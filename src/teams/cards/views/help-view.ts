/** The welcome card, and help: commands, and the reader's permissions. */

import type { Roles } from '../../../authorization/role-checks.ts';
import { type Policy, rulesOf } from '../../../domain/policy/policy.ts';
import type { Rule, TagRule } from '../../../domain/policy/rules.ts';
import type { TypedCommand } from '../../../operations/commands/command.ts';
import { durationWords } from '../../../text/instants.ts';
import { bold, type CardText, label, md, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { grey, numberedRow } from '../row.ts';

interface HelpFacts {
  readonly commands: readonly TypedCommand[];
  readonly policy: Policy;
  readonly mayAsk: boolean;
  readonly mayApprove: boolean;
  readonly auditChannel: boolean;
}

type May = Pick<HelpFacts, 'mayAsk' | 'mayApprove'>;

const roles = {
  both: () => md`${bold('You can submit requests')}, and approve other people’s.`,
  ask: () => md`${bold('You can submit requests')} for customer-managed keys.`,
  approve: () => md`${bold('You can approve')} other people’s requests.`,
  neither: () => md`${bold('You can view')} requests and their history. You can’t submit or approve.`,
};

function roleOf(facts: May): keyof typeof roles {
  if (facts.mayAsk) return facts.mayApprove ? 'both' : 'ask';
  return facts.mayApprove ? 'approve' : 'neither';
}

const roleText = (may: May): CardText => roles[roleOf(may)]();

/** `2`, or `1 to 3` where rules differ. */
function spanOf(numbers: readonly number[], words: (number: number) => string): string {
  const least = words(Math.min(...numbers));
  const most = words(Math.max(...numbers));
  return least === most ? least : `${least} to ${most}`;
}

/** Runs a command as if typed without parameters. */
const helpVerb = 'help.';

/** What most people want, as buttons. Every command can be typed. */
const tasks: readonly (readonly [command: string, title: string])[] = [
  ['/enable-cmk', 'Set a customer-managed key'],
  ['/rotate-cmk', 'Rotate a key'],
  ['/cmk-status', 'See all resources'],
  ['/cmk-requests', 'See open requests'],
];

/** Help cards by what they show, which doesn't change while the process runs. */
const drawn = new Map<string, AdaptiveCard>();

/** Renders the card once for each set of permissions. The card is shared and never changed. */
export function helpCard(facts: HelpFacts): AdaptiveCard {
  const key = JSON.stringify(facts);
  const card = drawn.get(key) ?? drawHelp(facts);
  drawn.set(key, card);
  return card;
}

function drawHelp(facts: HelpFacts): AdaptiveCard {
  // Tag rules don't change values that they leave out.
  const rules: readonly (Rule | TagRule)[] = [...rulesOf(facts.policy), ...facts.policy.tagRules];
  const needed = spanOf(
    rules.flatMap(({ approvalsRequired: count }) => count ?? []),
    String,
  );
  const times = spanOf(
    rules.flatMap(({ expiryMs }) => expiryMs ?? []),
    durationWords,
  );
  const offered = tasks.filter(([name]) =>
    facts.commands.some((command) => command.name === name && (command.weight === 'list' || facts.mayAsk)),
  );
  return renderCard('help', {
    fallbackText: label(`What you can type: ${facts.commands.map((command) => command.name).join(', ')}`),
    offered: offered.map(([name, title]) => ({ button: label(title), verb: `${helpVerb}${name.slice(1)}` })),
    commands: facts.commands.map(({ usage, description }) => ({ usage: plain(usage), text: plain(description) })),
    role: roleText(facts),
    notes: [
      plain(`${needed} ${needed === '1' ? 'approval is' : 'approvals are'} needed. Requests expire after ${times}.`),
      rules.length > 1 ? plain('Both depend on the resource, and so do requesters and approvers.') : nothing,
      facts.auditChannel ? nothing : plain('The audit log is in the database only.'),
    ]
      .filter((note) => note !== '')
      .map((text) => ({ text })),
  });
}

/** `roles`: of the only person in the conversation; null if there are several. */
export function welcomeCard(roles: Roles | null): AdaptiveCard {
  return renderCard('welcome', {
    fallbackText: label('CMK bot puts Azure resources under keys of your own. Type /cmk-help to begin.'),
    rows: [
      numberedRow(1, plain('Request'), [grey(plain('Four short pages. Nothing is changed yet.'))]),
      numberedRow(2, plain('Approve'), [
        grey(plain('Another person decides. They see the current state and the planned change.')),
      ]),
      numberedRow(3, plain('Watch'), [grey(plain('One card shows every step, what Azure said, and the proof.'))]),
    ],
    role:
      roles === null
        ? plain('Requesters submit, approvers decide, readers view. Help says what you can do.')
        : roleText({ mayAsk: roles.asks, mayApprove: roles.approves }),
    mayAsk: roles === null || roles.asks,
  });
}
