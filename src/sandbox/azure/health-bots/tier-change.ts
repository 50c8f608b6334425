import { armRefusal } from '../http/reply.ts';
import type { AgentContent } from '../state/schema-agents.ts';

/**
 * Nobody goes back to the free tier: Microsoft's provider for Terraform says that it is impossible "and the API returns an
 * uninformative error". So this one is invented, and says nothing.
 */
export const requireTierChange = (before: AgentContent | null, after: AgentContent): void => {
  if (before === null || before.sku === 'F0' || after.sku !== 'F0') return;
  throw armRefusal(400, 'BadRequest', 'The request is invalid.');
};
