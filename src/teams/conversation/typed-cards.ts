/** The card that answers what was typed. */
import type { Roles } from '../../authorization/who-may.ts';
import type { CommandResult } from '../../commands/command.ts';
import { commands } from '../../commands/registry.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { helpCard } from '../cards/views/help-view.ts';
import { type Offer, refusalCard, typoCard } from '../cards/views/short-views.ts';
import type { KnownSender } from './activity.ts';
import type { Lists } from './lists.ts';
import { commandMeant, nameMeant } from './meant.ts';
import { parseMessage, type TypedMessage } from './parse-message.ts';

/** Somebody who may look, and what they may do besides. */
export type Admitted = KnownSender & { readonly roles: Roles };

export interface TypedCardsOptions {
  readonly commandPorts: Pick<CommandPorts, 'policy'>;
  readonly lists: Pick<Lists, 'open'>;
  readonly auditChannel: boolean;
}

export function helpFor(
  { commandPorts, auditChannel }: TypedCardsOptions,
  { roles }: Pick<Admitted, 'roles'>,
): AdaptiveCard {
  const { policy } = commandPorts;
  return helpCard({ commands, policy, mayAsk: roles.asks, mayApprove: roles.approves, auditChannel });
}

/** The button that says it for them, where they may. */
function offerOf({ roles }: Pick<Admitted, 'roles'>, meant: string | null): Offer | null {
  if (meant === null) return null;
  const { command } = parseMessage(meant, [], '');
  const weight = commands.find(({ name }) => name === command)?.weight;
  return weight === undefined || (weight === 'form' && !roles.asks) ? null : { text: meant, weight };
}

/** Nothing is asked back where nothing is near: who greets the bot is told what it can do. */
export function noCommandCard(
  options: TypedCardsOptions,
  sender: Pick<Admitted, 'roles'>,
  typed: TypedMessage,
): AdaptiveCard {
  const near = commandMeant(typed);
  return near === null ? helpFor(options, sender) : typoCard(near.wrote, near.meant, offerOf(sender, near.meant));
}

export async function resultCard(
  options: TypedCardsOptions,
  result: Exclude<CommandResult, { readonly kind: 'open-form' }>,
  sender: Pick<Admitted, 'person' | 'roles'>,
  typed: TypedMessage,
): Promise<AdaptiveCard> {
  switch (result.kind) {
    case 'refused':
      return refusalCard(result, offerOf(sender, nameMeant(typed, result)));
    case 'show-help':
      return helpFor(options, sender);
    case 'show-list': {
      const { person, roles } = sender;
      const answer = await options.lists.open(result.subject, { person, asks: roles.asks });
      return answer.kind === 'card' ? answer.card : refusalCard(answer);
    }
  }
}
