import { z } from 'zod';
import { type KeyPlace, placeName, readPlace } from '../config/place.ts';
import { exit, type Surroundings, subcommand } from './subcommand.ts';
import { Unusable } from './unusable.ts';

const address = z
  .string({ error: 'is missing; name the empty database, such as postgres://owner@db.example.com/cmk' })
  .refine((text) => /^postgres(ql)?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''), {
    error: 'is not the address of a PostgreSQL database, such as postgres://owner@db.example.com/cmk',
  });

/** How the bot is told of the key that it has had. */
const keyWords = (key: KeyPlace | null): readonly string[] =>
  key?.kind === 'secret'
    ? ['Start the bot with DATABASE_URL, and with the CMK_SEAL_KEY_SECRET that it has.']
    : ['Start the bot with DATABASE_URL, and with CMK_SEAL_KEY_FILE, which names a copy of', `${key?.file ?? ''}.`];

async function move(url: string, { data, print, complain }: Surroundings) {
  const place = readPlace(data);
  if (place.kind === 'server') {
    throw new Unusable('the record is on a server already: pg_dump and pg_restore take it to another one.');
  }
  // Loading a database takes longer than saying no.
  const { moveRecord } = await import('./move-record.ts');
  const { events, requests, hash, seq, sealKey } = await moveRecord(place.dataDir, url, complain);
  await print(
    [
      `Moved to ${placeName({ kind: 'server', url })}: ${requests} requests, ${events} events. It verifies there, as it did here.`,
      `The trail ends at event ${seq}, ${hash}.`,
      ...keyWords(sealKey),
      'The record goes on with the same key. So does its published log, with CMK_ANCHOR and CMK_LOG_KEY_FILE, which name copies of',
      `anchor and log.key in ${place.dataDir}. No bot starts there any more.`,
    ].join('\n'),
  );
  return exit.done;
}

/** From the embedded database to a server. */
export const storeMove = subcommand({
  name: 'store move',
  usage: '--to URL',
  summary: 'moves the record from the data folder to an empty PostgreSQL database, word for word',
  help: [
    'Stop the bot first. The folder is left as it is, with a note in it that keeps bots from being started there.',
    '--to URL: the database, and the user that is to own the tables. Give the password in PGPASSWORD and not in the address,',
    'where others can see it. The bot’s own user, where it is another, gets its rights when the bot starts.',
    'Refuses while a run is under way: start the bot and let it end, or stop it. Requests that wait move, and go on there.',
    'What was cut short is finished, or begun anew, by saying the same again.',
  ].join('\n'),
  options: { to: { type: 'string' } },
  positionals: [],
  input: z.object({ to: address }),
  run: ({ to }, surroundings) => move(to, surroundings),
});
