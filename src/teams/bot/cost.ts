/** Rate-limit cost of a call, known before the bot handles it. */
import type { TypedCommand } from '../../operations/commands/command.ts';
import { commands } from '../../operations/commands/registry.ts';
import type { TypedMessage } from './parse-message.ts';

export interface Cost {
  /** The number of clicks that it counts as. */
  readonly clicks: number;
  /** The maximum number of calls to Azure Resource Manager. Measured by test/scenario/call-costs. */
  readonly azureCalls: number;
}

export const costs: { readonly [W in TypedCommand['weight']]: Cost } = {
  light: { clicks: 1, azureCalls: 0 },
  form: { clicks: 5, azureCalls: 5 },
  list: { clicks: 5, azureCalls: 5 },
  vault: { clicks: 5, azureCalls: 12 },
};

/** A form that opens on its review page reads the vault, the key and who has control over it. */
const openedOnReview: Cost = { clicks: 5, azureCalls: 12 };

/** The same for a click on an open form. */
export const reviewing: Cost = { ...costs.light, azureCalls: 12 };

/** Unknown commands are answered with the help, which is cheap. */
export function costOfTyped({ command, args }: Pick<TypedMessage, 'command' | 'args'>): Cost {
  const weight = commands.find(({ name }) => name === command)?.weight ?? 'light';
  const chosen = args.vault !== undefined || args.key !== undefined || args.version !== undefined;
  return weight === 'form' && chosen ? openedOnReview : costs[weight];
}
