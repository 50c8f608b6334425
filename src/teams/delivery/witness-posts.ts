/** Posts in the approvals channel that a witness signed a different version of the log, and that this was resolved. */
import type { Contradiction, WitnessStatus } from '../../domain/ports/published-log.ts';
import { contradictsCard, settledCard } from '../cards/views/witness-view.ts';
import { addressedOf, type SourcesOptions, sourcesOf } from './addressees.ts';
import type { Chat } from './chat.ts';

interface WitnessPostsOptions extends SourcesOptions {
  readonly chat: Pick<Chat, 'postThread'>;
  readonly approvalsChannel: string;
  /** Who is notified: object IDs of people and groups. */
  readonly operators: readonly string[];
}

export interface WitnessPosts {
  contradicts(name: string, contradiction: Contradiction): Promise<void>;
  settled(name: string, cleared: NonNullable<WitnessStatus['cleared']>): Promise<void>;
}

const timeoutMs = 10_000;

export function openWitnessPosts(options: WitnessPostsOptions): WitnessPosts {
  const { chat, approvalsChannel, operators } = options;
  return {
    async contradicts(name, contradiction) {
      const called = addressedOf(await sourcesOf(options, operators, [], timeoutMs));
      await chat.postThread(approvalsChannel, contradictsCard(name, contradiction, called));
    },
    async settled(name, cleared) {
      await chat.postThread(approvalsChannel, settledCard(name, cleared));
    },
  };
}
