import type { Config } from '../../config/config.ts';
import { countOf } from '../../text/count.ts';
import { checkSettings } from '../check-settings.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { setAnew } from './commands.ts';
import { type About, about, fail, ok, warn } from './subjects.ts';

const people = (subject: About, variable: string, ids: readonly string[], what: string): Diagnosis =>
  ids.length === 0
    ? fail(subject, `nobody: ${what}`, `Set ${variable} to Entra group ids or object ids.`, {
        commands: [setAnew(variable)],
      })
    : ok(subject, `${countOf(ids.length, 'group or person', 'groups or persons')} configured`);

const settings = about('config/settings', 'configuration');

/** As the start of the bot finds it. */
async function soundness(config: Config): Promise<readonly Diagnosis[]> {
  const mistakes = await checkSettings(config);
  if (mistakes.length === 0) return [ok(settings, 'holds together')];
  return mistakes.map(([variable, message]) =>
    fail(settings, `${variable}: ${message}`, 'The bot doesn’t start with it.', { commands: [setAnew(variable)] }),
  );
}

/** Mistakes that keep the bot from starting, and what the configuration allows although it holds together. */
export const diagnoseSettings = async (config: Config): Promise<readonly Diagnosis[]> => [
  ...(await soundness(config)),
  ...(config.server.mode === 'local'
    ? [
        warn(
          about('config/mode', 'sign-in'),
          'local mode: whoever reaches this machine is believed',
          'Never outside of one machine.',
        ),
      ]
    : []),
  people(about('people/ask', 'requesters'), 'CMK_REQUESTERS', config.policy.otherwise.requesters, 'nobody can ask'),
  people(
    about('people/approve', 'approvers'),
    'CMK_APPROVERS',
    config.policy.otherwise.approvers,
    'nobody can approve',
  ),
  ok(
    about('people/read', 'readers'),
    config.admission.readers.length === 0
      ? 'none: requesters and approvers read, nobody else'
      : `${countOf(config.admission.readers.length, 'group or person', 'groups or persons')} configured`,
  ),
  ...(config.paused
    ? [warn(about('config/pause', 'pause'), 'on: nothing is changed in Azure', 'Take CMK_PAUSE away to go on.')]
    : []),
];
