import type { OperationWords } from '../operation.ts';

/** Services use the earlier version for up to a day after a rotation (learn.microsoft.com, key rotation). */
const oldStays =
  'This request doesn’t disable the old version. The agent might use it for up to a day, and you can move back while it is enabled.';
const pinned = 'The agent uses exactly this version. It doesn’t follow later versions automatically.';

export const rotateCmkWords: OperationWords = {
  title: 'Rotate a customer-managed key',
  action: 'Rotate customer-managed key',
  asksFor: 'rotate customer-managed key',
  question: 'Rotate the key of which agent?',
  verdicts: {
    fits: 'Can move to another version or key',
    unfit: 'The next page shows what blocks this request',
  },
  verb: 'Rotate',
  offer: 'Rotate to another version or key',
  keep: {
    title: 'Keep the old key version enabled',
    text: 'Disabling a key version that’s in use can make the agent’s data unreadable. Wait until the Key Vault log shows no more use of it. If the agent or its key is permanently deleted, the data can’t be recovered.',
    tick: 'I understand that the old version must stay enabled.',
  },
  notes: () => [oldStays, pinned],
  undo: ({ observed }) => (observed.from?.enabled === true ? 'The old version stays enabled.' : ''),
  inUse: {
    untilSeen: 'Don’t disable the old version before the log shows that this version is used.',
    onceSeen:
      'The old version might still be in use for up to a day. Leave it enabled. After that, disable it with /retire-version.',
  },
  succeeded: 'Customer-managed key is rotated',
};
