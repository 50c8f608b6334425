import { nameIn } from '../choose.ts';
import { isRefusal } from '../pages/page.ts';
import { parseArguments } from '../parse-arguments.ts';
import type { TypedCommand } from './command.ts';

/** Shows the key of each agent and the next thing to do. */
export const cmkStatus: TypedCommand = {
  name: '/cmk-status',
  description: 'The keys of all agents, and what to do next',
  usage: '/cmk-status <part of an agent’s name>',
  weight: 'list',
  async handle({ args, words }) {
    const text = words.join(' ').trim();
    const typed = parseArguments({ args, words: text === '' ? [] : [text] }, ['resource']);
    if (isRefusal(typed)) return typed;
    const named = nameIn((typed.resource ?? '').trim()).slice(0, 100);
    return { kind: 'show-list', subject: { kind: 'agents', show: 'all', named } };
  },
};
