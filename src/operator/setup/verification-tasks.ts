/** Follow-up tasks for publishing and usage checks, for people with permissions that the wizard doesn't need. */
import {
  giveKeyRole,
  giveLogsRole,
  givePublishingRole,
  giveSecretRole,
  makePublishingRole,
  makeSigningKey,
  makeSigningRole,
  whoGivesRoles,
} from '../doctor/commands.ts';
import { type Answers, answerTo } from './question.ts';
import { isPublished } from './questions/verification.ts';

export interface Task {
  readonly what: string;
  readonly who: string;
  /** Commands, or manual steps. */
  readonly how: readonly string[];
}

export const task = (what: string, who: string, ...how: readonly string[]): Task => ({ what, who, how });

/** Returns the task that stores 32 random bytes in a private file, or in a secret that only the bot can read. */
export function keyTasks(what: string, place: string, objectId: string): readonly Task[] {
  const who = 'the owner of the bot’s keys';
  const [, vault, name] = /^https:\/\/([^./]+)[^/]*\/secrets\/([^/]+)/.exec(place) ?? [];
  if (vault === undefined || name === undefined)
    return [task(what, who, `(umask 077; openssl rand -base64 32 > ${place})`)];
  const made = `az keyvault secret set --vault-name ${vault} --name ${name} --value "$(openssl rand -base64 32)" --output none`;
  return [
    task(what, who, made),
    task('Let the bot read it', whoGivesRoles('the vault'), giveSecretRole(objectId, vault, name)),
  ];
}

function publishedTasks(answers: Answers, objectId: string): readonly Task[] {
  const logKey = answerTo(answers, 'logKey');
  const [, account, container = ''] = /^https:\/\/([^./]+)[^/]*\/([^/]+)/.exec(answerTo(answers, 'anchor')) ?? [];
  const key = logKey === '' ? [] : keyTasks('Create the log signing key once', logKey, objectId);
  if (account === undefined) return key;
  const what = `Let the bot publish in the container ${container}`;
  const how = [makePublishingRole(account), givePublishingRole(objectId, account, container)];
  return [task(what, whoGivesRoles('the storage account'), ...how), ...key];
}

function vaultKeyTasks(answers: Answers, objectId: string): readonly Task[] {
  const [, vault, name] = /^https:\/\/([^./]+)[^/]*\/keys\/([^/]+)/.exec(answerTo(answers, 'vaultKey')) ?? [];
  if (vault === undefined || name === undefined) return [];
  const how = [makeSigningKey(vault, name), makeSigningRole(vault), giveKeyRole(objectId, vault, name)];
  return [task('Create the vault key that also signs the published log', whoGivesRoles('the vault'), ...how)];
}

const witnessTasks = (answers: Answers): readonly Task[] =>
  ['', 'none'].includes(answerTo(answers, 'witnesses'))
    ? []
    : [
        task(
          'Add this log to the witnesses, after the bot has published',
          'the operator of each witness',
          'cmk-bot witness add LINE     (LINE: the last line of keys.txt in the published log)',
        ),
      ];

/** Returns the task for a workspace that azd doesn't create. `objectId`: as a word for a shell. */
export function workspaceTask(answers: Answers, objectId: string): readonly Task[] {
  const workspace = answerTo(answers, 'workspace');
  if (['', 'none'].includes(workspace)) return [];
  return [
    task(
      'Let the bot query the workspace with the vaults’ logs',
      whoGivesRoles('the workspace'),
      giveLogsRole(objectId, workspace),
    ),
  ];
}

export const verificationTasks = (answers: Answers, objectId: string): readonly Task[] => [
  ...(isPublished(answers)
    ? [...publishedTasks(answers, objectId), ...vaultKeyTasks(answers, objectId), ...witnessTasks(answers)]
    : []),
  ...workspaceTask(answers, objectId),
];
