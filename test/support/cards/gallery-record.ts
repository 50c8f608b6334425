/** Cards of a record that is published: evidence, checkpoints, and what is told where a witness knows another history. */

import { sha256 } from '../../../src/domain/canonical-json.ts';
import type { WitnessStatus } from '../../../src/domain/ports/published-log.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { summarizeWitnesses } from '../../../src/domain/witnessing.ts';
import { mention } from '../../../src/teams/cards/plain-text.ts';
import type { AdaptiveCard } from '../../../src/teams/cards/render-card.ts';
import { auditCheckpointCard } from '../../../src/teams/cards/views/audit-view.ts';
import { contradictsCard, settledCard, withDoubt } from '../../../src/teams/cards/views/drift-view.ts';
import { withDownload, withEvidence } from '../../../src/teams/cards/views/request-card.ts';
import { noon } from '../builders/plans.ts';
import { type GalleryCard, named } from './gallery-requests.ts';

const names = ['audit.example/one', 'transparency.hospital-group.example/witness'];
const keys = names.map((name) => `${name}+c7a3f1d0+${sha256(name)}`);

const note = [
  'cmk-bot.hospital-group.example/record',
  '129',
  'S3v5ZyTnJQk1L0hUq9sX2bFf8cV7dWmYp4RrA6eGtNo=',
  '',
  '— cmk-bot.hospital-group.example/record 6cVZ9mFsdR0cPzZ4cmY1b2pXk3q8sJ0tU7vW9xYzA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1vW2xY3zA4bC5dE6fG7hI8j=',
  '— audit.example/one b1rT5zJ8kLmN0pQ2rS4tU6vW8xY0zA2bC4dE6fG8hI0jK2lM4nO6pQ8rS0tU2vW4xY6zA8bC0dE2fG4hI6jK8lM0nO2pQ4rS6tU8v=',
].join('\n');

/** Up to the newest checkpoint, as far as it has signed it. */
const signed = (key: string | undefined, size: number): WitnessStatus => ({
  key: key ?? '',
  since: noon,
  asked: { at: noon, size: 129, outcome: size === 129 ? 'signed' : 'no-answer', detail: '' },
  signed: { at: noon, size },
  contradiction: null,
  cleared: null,
  told: false,
});

/** `ended`: a request that has ended; `drawn`: its card as everybody sees it. */
export function recordCards(ended: Request, drawn: AdaptiveCard): readonly GalleryCard[] {
  const offered = withEvidence(drawn, ended, true);
  const roleStatus = (sizes: readonly number[]) =>
    summarizeWitnesses(
      { keys, needed: 2, vaultKey: null },
      sizes.map((size, n) => signed(keys[n], size)),
    );
  const checkpoint = (sizes: readonly number[]) => auditCheckpointCard({ size: 129, note }, roleStatus(sizes));
  return named({
    'evidence.offered': offered,
    'evidence.made': withDownload(offered, 'https://bot.hospital-group.example/evidence/7f3k9q'),
    'doubt.one': withDoubt(offered, names.slice(0, 1)),
    'doubt.several': withDoubt(offered, [...names, 'audit.example/three']),
    'audit-checkpoint.witnessed': checkpoint([129, 129]),
    'audit-checkpoint.one-missing': checkpoint([129, 96]),
    'audit-checkpoint.no-witness': auditCheckpointCard({ size: 129, note }, null),
    'witness.contradicts': contradictsCard(
      names[0] ?? '',
      { at: noon, detail: 'the log had 129 events at that time, with another root', note },
      [mention('29:operator', 'Operator')],
    ),
    'witness.settled': settledCard(names[0] ?? '', { by: 'An operator', at: noon }),
  });
}
