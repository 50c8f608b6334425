import { isRefusal } from '../../domain/request/refusal.ts';
import { nameIn } from '../choose.ts';
import { parseName, type TypedCommand } from './command.ts';

/** Shows the key of each agent and the next thing to do. */
export const cmkStatus: TypedCommand = {
  name: '/cmk-status',
  description: 'The keys of all agents, and what to do next',
  usage: '/cmk-status <part of an agent’s name>',
  weight: 'list',
  async handle(call) {
    const typed = parseName(call);
    if (isRefusal(typed)) return typed;
    return { kind: 'show-list', subject: { list: 'agents', filter: 'all', id: nameIn(typed).slice(0, 100) } };
  },
};
