/** What a call will cost, told before the bot gets to see it. */
import type { Command } from '../../commands/command.ts';
import { commands } from '../../commands/registry.ts';
import { CardClick, type InboundActivity } from './activity.ts';
import { meantBy } from './meant.ts';
import { parseMessage, type TypedMessage } from './parse-message.ts';
import { startedBy } from './started.ts';

export interface Weight {
  /** As how many clicks it counts. */
  readonly cost: number;
  /** It waits for others like it, and holds up no click. */
  readonly queued: boolean;
}

const weights: { readonly [W in Command['weight']]: Weight } = {
  light: { cost: 1, queued: false },
  // Azure is asked: the form waits for it, not the bot.
  form: { cost: 5, queued: false },
  list: { cost: 5, queued: true },
};

const weightOfTyped = ({ command }: TypedMessage): Weight =>
  weights[commands.find(({ name }) => name === command)?.weight ?? 'light'];

/** Whoever makes up something else is answered with the help, which is light. */
export function weightOf({ type, name, text, entities, recipient, value }: InboundActivity): Weight {
  if (type === 'message') return weightOfTyped(parseMessage(text ?? '', entities, recipient.id));
  const action = type === 'invoke' && name === 'adaptiveCard/action' ? CardClick.safeParse(value).data?.action : null;
  if (action == null) return weights.light;
  const { verb, data } = action;
  const said = meantBy(verb, data.text);
  if (said !== null) return weightOfTyped(said.typed);
  return weights[verb.startsWith('list.') ? 'list' : (startedBy(verb)?.weight ?? 'light')];
}
