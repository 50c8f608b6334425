import type { OperationWords } from '../operation.ts';

export const repairCmkWords: OperationWords = {
  title: 'Repair a customer-managed key',
  action: 'Repair customer-managed key',
  asksFor: 'repair customer-managed key',
  question: 'Repair the key of which agent?',
  verdicts: {
    fits: 'The review shows what differs from the approved state',
    unfit: 'The review shows what blocks this request',
  },
  verb: 'Repair',
  offer: 'Repair customer-managed key',
  keep: {
    title: 'Keep the agent and the approved key',
    text: 'If the agent is deleted, or its key is permanently deleted, the agent’s data can’t be recovered. Keep a key that the agent used meanwhile, too: its data might need it.',
    tick: 'I understand that the agent, the approved key, and any key used meanwhile must stay.',
  },
  notes: () => ['The agent returns to the key and version that were last approved and verified here.'],
  undo: () => '',
  succeeded: 'Customer-managed key is repaired',
};
