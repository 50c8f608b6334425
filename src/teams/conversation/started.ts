/** A command that is begun by a button instead of being typed. */
import type { Command } from '../../commands/command.ts';
import { commands } from '../../commands/registry.ts';

export interface Started {
  readonly name: Command['name'];
  readonly weight: Command['weight'];
  /** Which card the button stands on. */
  readonly on: 'help' | 'welcome';
}

/** `help.cmk-requests`; null: the verb begins no command. */
export function startedBy(verb: string): Started | null {
  const [on, ...rest] = verb.split('.');
  if (on !== 'help' && on !== 'welcome') return null;
  const command = commands.find(({ name }) => name === `/${rest.join('.')}`);
  return command === undefined ? null : { name: command.name, weight: command.weight, on };
}
