/** Choices while somebody types, beside one query, and beside asking the directory who it is, which every letter waits for. */
import { connectAzure } from '../../src/azure/azure.ts';
import { optionsForAzure } from '../../src/config/azure-from-config.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { PersonId } from '../../src/domain/ids.ts';
import { requester, requestersGroup } from '../../src/local/people.ts';
import { agentName } from './agents.ts';
import { timed } from './growing.ts';
import { type Load, wellSent } from './load.ts';
import { activityOf, type Ground } from './product.ts';

/** In milliseconds. */
export interface TypingTook {
  readonly query: number;
  readonly directory: number;
  /** Until choices are there: of letters that are new to the bot, of the same again, and of one letter more. */
  readonly first: number;
  readonly again: number;
  readonly further: number;
}

const typing = ({ connector }: Ground, queryText: string): object =>
  activityOf(connector, requester, {
    type: 'invoke',
    name: 'application/search',
    value: { kind: 'search', queryText, queryOptions: { skip: 0, top: 15 }, dataset: 'agents' },
  });

/** Asks who somebody is by the calls that the bot makes for it. */
function directoryOf(ground: Ground): () => Promise<void> {
  const { groups } = connectAzure(optionsForAzure(readConfig(ground.settings(null, 1))));
  const person = PersonId.parse(requester.id);
  return async () => {
    const found = await groups.memberOf(person, [requestersGroup.id]);
    if (!found.ok) throw new Error(`the directory: ${JSON.stringify(found.failure)}`);
  };
}

/** Part of a name that nobody typed before, and that some twenty of ten thousand agents have in theirs. */
const partOf = (sample: number): string => agentName(sample + 50).slice(-4);

/** One sample, of other letters than any before. `query`: finds at most 15 agents with the part in their names. */
export function openTyping(
  ground: Ground,
  load: Load,
  url: string,
  query: (part: string) => Promise<unknown>,
): (sample: number) => Promise<TypingTook> {
  const directory = directoryOf(ground);
  const letters = (part: string) => () => wellSent(load, url, typing(ground, part));
  return async (sample) => {
    const part = partOf(sample);
    return {
      query: await timed(() => query(part)),
      directory: await timed(directory),
      first: await timed(letters(part)),
      again: await timed(letters(part)),
      further: await timed(letters(`${part}0`)),
    };
  };
}
