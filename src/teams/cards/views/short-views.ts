/** Help, refusals and other short cards. */
import type { Command } from '../../../commands/command.ts';
import { type Policy, rulesOf } from '../../../domain/policy/policy.ts';
import type { Rule, TagRule } from '../../../domain/policy/rules.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import { nearest } from '../../../operations/nearest.ts';
import { durationWords } from '../../../words/duration.ts';
import { refusalWords } from '../../../words/refusals.ts';
import { bold, type CardText, label, md, message, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';

/** A refused command. */
export function refusalCard(refusal: Refusal): AdaptiveCard {
  const words = refusalWords(refusal);
  return renderCard('refusal', {
    fallbackText: label(`${words.title} ${words.text}`),
    stateLine: plain('△ Not done'),
    requestId: refusal.fact.startsWith('CMK-') ? refusal.fact : '',
    title: plain(words.title),
    text: plain(words.text),
    note: words.unchanged === true ? nothing : plain('Nothing was changed.'),
  });
}

/** The words of a refused click: a message that only the clicker sees. */
export const refusalText = (refusal: Refusal): string => {
  const words = refusalWords(refusal);
  return message(`${words.title} ${words.text}`);
};

/** A bug, with the id under which the log has it. */
export const bugText = (id: string): string =>
  `Something unexpected happened. An operator finds it in the log under ${id}. Look at the card before you click again.`;

export const bugCard = (id: string): AdaptiveCard =>
  renderCard('message', {
    fallbackText: label(bugText(id)),
    title: plain('Something unexpected happened.'),
    titleColor: 'Attention',
    text: plain('An operator finds it in the log under this id. Type the command again.'),
    reference: plain(id),
  });

/** In place of an answer that Azure is too slow for. */
export const lookingCard = (): AdaptiveCard =>
  renderCard('message', {
    fallbackText: label('Azure takes longer than usual. The answer comes by itself.'),
    title: plain('Azure takes longer than usual'),
    titleColor: 'Default',
    text: plain(
      'The answer takes the place of this card by itself. Should it stand here for more than three minutes, type the command again.',
    ),
    reference: nothing,
  });

export interface HelpFacts {
  readonly commands: readonly Command[];
  readonly policy: Policy;
  readonly mayAsk: boolean;
  readonly mayApprove: boolean;
  readonly auditChannel: boolean;
  /** What was typed, where it is no command; empty for help that was asked for. */
  readonly typed: string;
}

type May = Pick<HelpFacts, 'mayAsk' | 'mayApprove'>;

const roles = {
  both: () => md`${bold('You may ask')}, and approve other people’s requests.`,
  ask: () => md`${bold('You may ask')} for a customer-managed key.`,
  approve: () => md`${bold('You may approve')} other people’s requests.`,
  neither: () => md`${bold('You may look')} at requests and what happened to them, and neither ask nor approve.`,
};

function roleOf(facts: May): keyof typeof roles {
  if (facts.mayAsk) return facts.mayApprove ? 'both' : 'ask';
  return facts.mayApprove ? 'approve' : 'neither';
}

/** What somebody may do. */
export const roleText = (may: May): CardText => roles[roleOf(may)]();

/** `2`, or `1 to 3` where rules differ. */
function spanOf(numbers: readonly number[]): string {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? `${least}` : `${least} to ${most}`;
}

/** Nothing is said where nothing is near: who greets the bot is told what it can do. */
function problemOf({ typed, commands }: HelpFacts): CardText {
  const near = nearest(
    typed,
    commands.map(({ name }) => name),
  );
  return near === null ? nothing : md`There is no ${bold(typed, 40)}. Did you mean ${bold(near)}?`;
}

/** `72 hours`, or `2 minutes to 3 days` where rules differ. */
function timeSpanOf(times: readonly number[]): string {
  const [least, most] = [durationWords(Math.min(...times)), durationWords(Math.max(...times))];
  return least === most ? least : `${least} to ${most}`;
}

/** Begins a command as if it had been typed without anything behind it. */
const helpVerb = 'help.';

function buttonFor(weight: Command['weight'], mayAsk: boolean): string {
  switch (weight) {
    case 'form':
      return mayAsk ? 'Start' : '';
    case 'list':
      return 'Show';
    case 'light':
      return '';
  }
}

export function helpCard(facts: HelpFacts): AdaptiveCard {
  // What rules by tag leave out they leave as it is.
  const rules: readonly (Rule | TagRule)[] = [...rulesOf(facts.policy), ...facts.policy.tagRules];
  const needed = spanOf(rules.flatMap(({ approvalsRequired: count }) => count ?? []));
  const times = timeSpanOf(rules.flatMap(({ expiryMs }) => expiryMs ?? []));
  return renderCard('help', {
    fallbackText: label(`What you can type: ${facts.commands.map((command) => command.name).join(', ')}`),
    problem: problemOf(facts),
    commands: facts.commands.map(({ name, description, usage, weight }) => ({
      command: plain(name),
      text: plain(description),
      usage: usage === name ? nothing : plain<string>(usage),
      verb: `${helpVerb}${name.slice(1)}`,
      button: label(buttonFor(weight, facts.mayAsk)),
    })),
    role: roleText(facts),
    notes: [
      plain<string>(
        `${needed} ${needed === '1' ? 'approval is' : 'approvals are'} needed. Requests expire after ${times}.`,
      ),
      rules.length > 1 ? plain('Both, and who may ask and approve, depend on the agent.') : nothing,
      facts.auditChannel ? nothing : plain('The audit trail is kept in the store alone.'),
    ]
      .filter((note) => note !== '')
      .map((text) => ({ text })),
  });
}
