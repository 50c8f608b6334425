/** Commands that change the audit log: erase texts, continue after a wrong clock, ask a witness again. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { DriftId, type StreamId } from '../../domain/ids.ts';
import { refusedUpdate } from '../../domain/ports/store.ts';
import type { OpenStore } from '../../store/store.ts';
import { utcSecond } from '../../text/instants.ts';
import { countOf } from '../../text/words.ts';
import { resumeLog } from './records.ts';
import { carryOutAct, sayRefused } from './requests.ts';
import {
  argument,
  type CommandEnvironment,
  exit,
  flag,
  jsonFlag,
  nameInput,
  reasonInput,
  streamIdInput,
  subcommand,
  Unusable,
} from './subcommand.ts';

/** Asks the operator to type the request's name, as confirmation. Throws {@link Unusable} without a terminal. */
async function confirmErase(id: string, { ask }: CommandEnvironment): Promise<boolean> {
  if (ask === null) throw new Unusable('this can’t be undone, and there is no terminal to confirm it: add --yes');
  const typed = await ask(
    `What people wrote about ${id}, and the names in it, will be erased from the bot’s database. This can’t be undone.\nType ${id} to continue: `,
  );
  return typed.trim().toUpperCase() === id;
}

const updatedWithinMs = 15_000;

/** Waits until the bot has tried to update the messages. Returns those that it couldn't update; null: none. */
async function messagesLeft({ jobs, postedCards }: OpenStore, id: StreamId) {
  const until = performance.now() + updatedWithinMs;
  if ((await postedCards.of(id)).length === 0) return null;
  while ((await jobs.cardsDue(id)) === 'now' && performance.now() < until) await pause(250);
  if ((await jobs.cardsDue(id)) === null) return null;
  const messages = (await postedCards.of(id))
    .filter(({ fingerprint }) => fingerprint === refusedUpdate)
    .map(({ audience, conversationId }) => ({ audience, conversationId }));
  return { words: messages.length === 0 ? notUpdatedWords : stillHoldWords(messages), messages };
}

const notUpdatedWords =
  'Messages in Teams aren’t updated yet. The bot does it when it runs and Teams answers. Repeat this command to see whether it’s done.';
const stillHoldWords = (messages: readonly { readonly audience: string; readonly conversationId: string }[]): string =>
  `${countOf(messages.length, 'message in Teams still holds', 'messages in Teams still hold')} them, because Teams refuses the update:\n${messages
    .map(({ audience, conversationId }) => `  ${audience} in ${conversationId}`)
    .join('\n')}\nThey are updated when the app can reach them again. Repeat this command to see whether it’s done.`;

const auditErase = subcommand({
  name: 'audit erase',
  usage: 'ID --reason TEXT [--as NAME] [--yes] [--json]',
  summary: 'erases the texts of a request, or the names in a drift, for good; the audit log still verifies',
  help: [
    'Erases the reason and the comments, with the salts that would help someone guess them. Of a drift: the names of',
    'those who changed the resource. The audit log keeps an event that says who erased them and why. Messages in Teams that',
    'the bot can’t update yet are listed, with exit code 3.',
  ].join('\n'),
  examples: ['cmk-bot audit erase CMK-7F3K9Q --reason "Request 12 of the data protection officer" --yes'],
  input: z.object({
    id: argument(streamIdInput, [
      'ID',
      'the request, such as CMK-7F3K9Q, or a resource’s drift, such as DRIFT-7F3K9Q2M8D',
    ]),
    reason: reasonInput('enter a reason without names', 'why; it stays in the audit log, so name no person'),
    yes: argument(flag, ['--yes', 'don’t ask for confirmation']),
    as: nameInput,
    json: jsonFlag,
  }),
  async run({ id, reason, as, yes, json }, surroundings) {
    if (!yes && !(await confirmErase(id, surroundings))) {
      await surroundings.complain('Nothing was erased.');
      return exit.no;
    }
    return carryOutAct(
      surroundings,
      id,
      { verb: 'erase', by: as ?? surroundings.user, reason },
      {
        done: `The texts of ${DriftId.safeParse(id).success ? 'drift' : 'request'} ${id} are erased.`,
        json,
        rest: async () => messagesLeft(await surroundings.store(), id),
      },
    );
  },
});

const auditResume = subcommand({
  name: 'audit resume',
  summary: 'continues the audit log after a wrong clock dated its last event in the future',
  help: [
    'Check the clocks of this machine and of the database first. Nothing is stored before the time of the last event,',
    'and stored events keep their time. The audit log records that it continued from an earlier time. Requests',
    'submitted by the wrong clock expire by it: cancel them.',
  ].join('\n'),
  examples: ['cmk-bot audit resume'],
  input: z.object({ as: nameInput, json: jsonFlag }),
  async run({ as, json }, { store, user, print, complain, write }) {
    const answer = await resumeLog(await store(), as ?? user);
    if (answer.kind === 'refused') return sayRefused({ complain, write }, answer, json);
    const { event } = answer;
    if (json) await write(`${JSON.stringify({ done: true, seq: event.seq, time: event.time })}\n`);
    else await print(`The audit log continues from ${utcSecond(event.time)}. Recorded as event ${event.seq}.`);
    return exit.done;
  },
});

const auditAskAgain = subcommand({
  name: 'audit ask-again',
  summary: 'asks a witness again after a conflict is settled',
  help: [
    'The bot no longer asks a witness that signed a different version of the log, because its signature would be',
    'worthless. First find out which version was changed, and settle the conflict (docs/audit/publish-and-witness.md#add-a-witness). This',
    'command ends the alarm. If the witness still has another version, the alarm',
    'returns with the next checkpoint.',
  ].join('\n'),
  examples: ['cmk-bot audit ask-again witness.example/hospital'],
  input: z.object({
    witness: argument(z.string({ error: 'is missing; name the witness' }).trim().min(1), [
      'WITNESS',
      'name of the witness, as doctor shows it',
    ]),
    as: nameInput,
    json: jsonFlag,
  }),
  async run({ witness, as, json }, { store, user, print, complain, write }) {
    const cleared = await (await store()).witnesses.clear(witness, as ?? user, new Date());
    if (json) await write(`${JSON.stringify({ witness, askedAgain: cleared > 0 })}\n`);
    if (cleared === 0) {
      await complain(`Nothing was done: there is no conflict with a witness ${witness}.`);
      return exit.no;
    }
    if (!json) await print(`The bot asks ${witness} again with the next checkpoint.`);
    return exit.done;
  },
});

export const auditActs = [auditErase, auditResume, auditAskAgain];
