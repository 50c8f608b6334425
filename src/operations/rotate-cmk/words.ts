import type { OperationWords } from '../operation.ts';

/** Services go on using a version for up to a day after they were moved (learn.microsoft.com, key rotation). */
const oldStays =
  'The old version stays enabled: nothing here turns it off. The agent may go on using it for up to a day, and while it is there you can move back.';
const pinned = 'The agent stays pinned to its new version. It does not follow later ones by itself.';

export const rotateCmkWords: OperationWords = {
  title: 'Rotate a customer-managed key',
  asksFor: 'key rotation',
  question: 'Rotate the key of which agent?',
  verdicts: {
    fits: 'Can move to another version or key',
    unfit: 'The next page says what stands in the way',
  },
  verb: 'Rotate',
  offer: 'Move it to another version or key',
  caution: {
    title: 'Turning off a version in use loses data',
    text: 'Leave the old version enabled until the vault’s log shows no more use of it. Deleting the agent or its key loses the data for good, as before.',
    tick: 'I understand. The old version stays on.',
    told: 'The old version must stay on until it is out of use. The requester has confirmed this.',
  },
  notes: () => [oldStays, pinned],
  undo: ({ observed }) => (observed.from?.enabled === true ? 'the old version stays on' : ''),
  inUse: {
    untilSeen: 'The old version must not be disabled before this one is seen in use.',
    onceSeen: 'The old version may still be in use beside it, for up to a day: leave it enabled.',
  },
  succeeded: 'The agent is under its new key version',
  fromNowOn:
    'leave the old version enabled until the vault’s log shows no more use of it. Deleting the agent or the key loses its data for good.',
};
