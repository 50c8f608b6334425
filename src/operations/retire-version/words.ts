import type { OperationWords } from '../operation.ts';

export const retireVersionWords: OperationWords = {
  title: 'Retire a key version',
  action: 'Retire old key version',
  asksFor: 'retire old key version',
  question: 'Retire an old key version of which agent?',
  verdicts: {
    fits: 'The review shows whether the old version is still used',
    unfit: 'The review shows what blocks this request',
  },
  verb: 'Retire',
  offer: 'Retire an old key version',
  keep: {
    title: 'Don’t delete the old version',
    text: 'A disabled version can be enabled again; a deleted one can’t be used. Backups and copies that need it can’t be read while it’s disabled.',
    tick: 'I understand that what still needs the old version can’t be read while it’s disabled.',
  },
  notes: () => [
    'After the success, the key watch looks for refused calls with the old version. If it finds one, it alerts operators with the command that enables the version again.',
  ],
  undo: () => 'The old version can be enabled again.',
  succeeded: 'Old key version is disabled',
};
