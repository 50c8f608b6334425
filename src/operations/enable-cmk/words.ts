import type { OperationWords } from '../operation.ts';

export const enableCmkWords: OperationWords = {
  title: 'Enable a customer-managed key',
  asksFor: 'customer-managed key',
  question: 'Which agent gets its own key?',
  verdicts: { fits: 'Can use a customer-managed key', unfit: 'The review will say what stands in the way' },
  verb: 'Enable',
  offer: 'Put it under your own key',
  caution: {
    title: 'Deleting the agent later loses its data for good',
    text: 'Without the agent or the key, nobody can decrypt the data. Export what must survive before anyone deletes either.',
    tick: 'I understand. Lost data cannot be brought back.',
    told: 'Later, deleting the agent or the key loses the agent’s data for good. The requester has confirmed this.',
  },
  notes: () => [],
  undo: () => '',
  succeeded: 'The customer-managed key is set',
  fromNowOn: 'deleting this agent or this key loses its data for good. Export first.',
};
