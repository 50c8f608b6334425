/** What a call counts in the rate limiter, known before the bot handles it. */
import type { TypedCommand } from '../../operations/commands/command.ts';
import { commands } from '../../operations/commands/registry.ts';
import type { TypedMessage } from './parse-message.ts';

export interface Cost {
  /** As how many clicks it counts. */
  readonly clicks: number;
  /** At most so many calls to Azure Resource Manager follow. Measured by test/scenario/call-costs. */
  readonly azureCalls: number;
}

export const costs: { readonly [W in TypedCommand['weight']]: Cost } = {
  light: { clicks: 1, azureCalls: 0 },
  form: { clicks: 5, azureCalls: 5 },
  list: { clicks: 5, azureCalls: 5 },
};

/** A form that is opened on its review page: the vault, the key and who has control over it are read. */
const openedOnReview: Cost = { clicks: 5, azureCalls: 12 };

/** The same reads for a click on a form that is open. */
export const reviewing: Cost = { ...costs.light, azureCalls: 12 };

/** What isn't a command is answered with the help, which is light. */
export function costOfTyped({ command, args }: Pick<TypedMessage, 'command' | 'args'>): Cost {
  const weight = commands.find(({ name }) => name === command)?.weight ?? 'light';
  const chosen = args.vault !== undefined || args.key !== undefined || args.version !== undefined;
  return weight === 'form' && chosen ? openedOnReview : costs[weight];
}
