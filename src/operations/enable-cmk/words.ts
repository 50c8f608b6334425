import type { OperationWords } from '../operation.ts';

export const enableCmkWords: OperationWords = {
  title: 'Enable a customer-managed key',
  action: 'Enable customer-managed key',
  asksFor: 'enable customer-managed key',
  question: 'Which agent gets a customer-managed key?',
  verdicts: { fits: 'Can use a customer-managed key', unfit: 'The review shows what blocks this request' },
  verb: 'Enable',
  offer: 'Enable customer-managed key',
  keep: {
    title: 'Keep the agent and the key',
    text: 'If the agent is deleted, or its key is permanently deleted, the agent’s data can’t be recovered. Keep an export of the data from before the change.',
    tick: 'I understand that the agent’s data can’t be recovered if the agent is deleted or the key is permanently deleted.',
  },
  notes: () => [],
  undo: () => '',
  succeeded: 'Customer-managed key is set',
};
