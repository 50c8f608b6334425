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

/** Returns the task that stores 32 random bytes in a private file, or in a secret that only the bot can read. */
export function keyTasks(what: string, place: string, objectId: string): readonly Task[] {
  const who = 'the owner of the bot’s keys';
  const [, vault, name] = /^https:\/\/([^./]+)[^/]*\/secrets\/([^/]+)/.exec(place) ?? [];
  if (vault === undefined || name === undefined)
    return [{ what, who, how: [`(umask 077; openssl rand -base64 32 > ${place})`] }];
  const made = `az keyvault secret set --vault-name ${vault} --name ${name} --value "$(openssl rand -base64 32)" --output none`;
  return [
    { what, who, how: [made] },
    { what: 'Let the bot read it', who: whoGivesRoles('the vault'), how: [giveSecretRole(objectId, vault, name)] },
  ];
}

function publishedTasks(answers: Answers, objectId: string): readonly Task[] {
  const [anchor, logKey] = [answerTo(answers, 'anchor'), answerTo(answers, 'logKey')];
  const [, account, container] = /^https:\/\/([^./]+)[^/]*\/([^/]+)/.exec(anchor) ?? [];
  return [
    ...(account === undefined
      ? []
      : [
          {
            what: `Let the bot publish in the container ${container}`,
            who: whoGivesRoles('the storage account'),
            how: [makePublishingRole(account), givePublishingRole(objectId, account, container ?? '')],
          },
        ]),
    ...(logKey === '' ? [] : keyTasks('Create the log signing key once', logKey, objectId)),
  ];
}

function signerTasks(answers: Answers, objectId: string): readonly Task[] {
  const [, vault, name] = /^https:\/\/([^./]+)[^/]*\/keys\/([^/]+)/.exec(answerTo(answers, 'vaultKey')) ?? [];
  const witnesses = answerTo(answers, 'witnesses');
  return [
    ...(vault === undefined || name === undefined
      ? []
      : [
          {
            what: 'Create the vault key that also signs the published log',
            who: whoGivesRoles('the vault'),
            how: [makeSigningKey(vault, name), makeSigningRole(vault), giveKeyRole(objectId, vault, name)],
          },
        ]),
    ...(['', 'none'].includes(witnesses)
      ? []
      : [
          {
            what: 'Add this log to the witnesses, after the bot has published',
            who: 'the operator of each witness',
            how: ['cmk-bot witness add LINE     (LINE: the last line of keys.txt in the published log)'],
          },
        ]),
  ];
}

/** Returns the task for a workspace that azd doesn't create. `objectId`: as a word for a shell. */
export function workspaceTask(answers: Answers, objectId: string): readonly Task[] {
  const workspace = answerTo(answers, 'workspace');
  if (['', 'none'].includes(workspace)) return [];
  return [
    {
      what: 'Let the bot query the workspace with the vaults’ logs',
      who: whoGivesRoles('the workspace'),
      how: [giveLogsRole(objectId, workspace)],
    },
  ];
}

export const verificationTasks = (answers: Answers, objectId: string): readonly Task[] => [
  ...(isPublished(answers) ? [...publishedTasks(answers, objectId), ...signerTasks(answers, objectId)] : []),
  ...workspaceTask(answers, objectId),
];
