/** Follow-up tasks after the wizard, for people with permissions that the wizard doesn't need. */
import {
  command,
  giveBotRole,
  giveGrantsRole,
  giveGraphPermission,
  graphPermissionIds,
  makeEntraRole,
  makeRole,
  readSecret,
  whoGivesRoles,
} from '../doctor/commands.ts';
import { type Answers, answerTo, byAzd, byHand, isManaged } from './question.ts';
import { keyTasks, type Task, verificationTasks, workspaceTask } from './verification-tasks.ts';

export type { Task };

/** Input of the tasks in addition to the answers. */
export interface TaskInput {
  /** Object id of the bot's identity; null: not found. */
  readonly objectId: string | null;
  /** Microsoft Graph's address. */
  readonly graph: string;
  readonly envFile: string;
  readonly settings: Readonly<Record<string, string | null>>;
}

function databaseTasks(answers: Answers): readonly Task[] {
  if (!byHand(answers)) return [];
  const [server, database, role, owner] = [
    answerTo(answers, 'server'),
    answerTo(answers, 'database'),
    answerTo(answers, 'role'),
    answerTo(answers, 'owner'),
  ];
  const [host = '', port] = server.split(':');
  const connect = ['psql', '-h', host, ...(port === undefined ? [] : ['-p', port]), '-d', 'postgres'];
  const run = (sql: string): string => command(...connect, '-c', sql);
  const made = isManaged(answers)
    ? [makeEntraRole(owner, answerTo(answers, 'ownerIdentity')), makeEntraRole(role, answerTo(answers, 'app'))].map(
        (quotedSql) => `${command(...connect, '-c')} ${quotedSql}`,
      )
    : [owner, role].map((name) => run(`create role "${name}" login`));
  // As infra/runtime-role.sql: an administrator without superuser can't create a database for another owner.
  const permitted = [
    `create database "${database}"`,
    `revoke all on database "${database}" from public`,
    `grant connect, create on database "${database}" to "${owner}"`,
    `grant connect on database "${database}" to "${role}"`,
  ];
  return [
    {
      what: 'Create the database and its roles',
      who: `${isManaged(answers) ? 'a Microsoft Entra' : 'an'} administrator of the database server`,
      how: [
        ...made,
        ...permitted.map(run),
        ...(isManaged(answers) ? [] : [owner, role].map((name) => run(`\\password ${name}`))),
      ],
    },
  ];
}

function sealTask(answers: Answers, objectId: string): readonly Task[] {
  const seal = answerTo(answers, 'seal');
  if (seal === '') return [];
  return keyTasks('Create the seal key once; keep a copy somewhere else', seal, objectId);
}

function azureTasks(answers: Answers, { objectId, graph }: TaskInput): readonly Task[] {
  const own = objectId ?? 'OBJECT_ID';
  const ids = answerTo(answers, 'subscriptions').split(',');
  return [
    {
      what: 'Grant Microsoft Graph permissions',
      who: 'Privileged Role Administrator',
      how: Object.values(graphPermissionIds).map((id) => giveGraphPermission(graph, own, id)),
    },
    {
      what: 'Create the bot’s two roles once',
      who: whoGivesRoles('the subscriptions'),
      how: [makeRole('infra/custom-role.json', ids), makeRole('infra/custom-role-grants.json', ids)],
    },
    ...ids.map((id) => ({
      what: `Assign the roles in ${id}`,
      who: whoGivesRoles(`subscription ${id}`),
      how: [giveBotRole(own, `/subscriptions/${id}`), giveGrantsRole(own, `/subscriptions/${id}`)],
    })),
  ];
}

function teamsTasks(answers: Answers): readonly Task[] {
  const [type, app, host] = [answerTo(answers, 'identity'), answerTo(answers, 'app'), answerTo(answers, 'host')];
  const [hostname = ''] = host.split(':');
  const packaged = command('npm', 'run', 'package', '--', '--app-id', app, '--app-type', type, '--host', hostname);
  const words = ['--resource-group', 'GROUP', '--name', 'cmk-bot'];
  return [
    {
      what: 'Register the bot and its Teams channel (GROUP: your resource group)',
      who: 'Contributor of GROUP',
      how: [
        command(
          ...['az', 'bot', 'create', ...words, '--app-type', type, '--appid', app],
          ...['--tenant-id', answerTo(answers, 'tenant'), '--endpoint', `https://${host}/api/messages`],
        ) +
          (isManaged(answers)
            ? ` --msi-resource-id "$(az identity list --query "[?clientId=='${app}'].id" --output tsv)"`
            : ''),
        command('az', 'bot', 'msteams', 'create', ...words),
      ],
    },
    {
      what: 'Upload the app package to Teams (replace the four words in capitals)',
      who: 'Teams Administrator',
      how: [
        `${packaged} --developer-name NAME --website-url URL --privacy-url URL --terms-url URL`,
        'Teams admin center, Manage apps, Upload new app: dist/cmk-bot.zip. Then in Teams: Add to a team.',
      ],
    },
  ];
}

const stepUpTask = (answers: Answers): readonly Task[] => {
  const context = answerTo(answers, 'signIn');
  if (context === 'none') return [];
  const how = ['docs/how-to/require-sign-in.md, “Set it up”; no command'];
  return [
    {
      what: `Create a Conditional Access policy for ${context}: phishing-resistant strength, sign-in every time`,
      who: 'Conditional Access Administrator',
      how,
    },
  ];
};

/** Tasks with azd: set the values that `infra/main.parameters.json` passes on. */
function azdTasks(answers: Answers, settings: Readonly<Record<string, string | null>>): readonly Task[] {
  const set = Object.entries(settings).flatMap(([name, value]) =>
    value !== null && azdSettings.includes(name) ? [command('azd', 'env', 'set', name, value)] : [],
  );
  return [
    {
      what: 'Set the values for azd (prod: any name for this environment)',
      who: 'you',
      how: [
        'azd env new prod',
        ...set,
        ...(answerTo(answers, 'signInApp') === '' ? [] : [readSecret('CMK_STEP_UP_APP_SECRET')]),
        'azd env set CMK_ADMIN_IP ADDRESS     (the public address of this machine)',
      ],
    },
    { what: 'Deploy everything to Azure, about 30 minutes', who: 'Owner of the bot’s subscription', how: ['azd up'] },
    {
      what: 'Grant Microsoft Graph permissions',
      who: 'Privileged Role Administrator',
      how: ['bash infra/grant-graph.sh --yes id-cmk-bot'],
    },
    ...workspaceTask(answers, '"$(azd env get-value CMK_BOT_PRINCIPAL_ID)"'),
    ...stepUpTask(answers),
    {
      what: 'Upload the app package to Teams; azd prints the command that builds it',
      who: 'Teams Administrator',
      how: ['Teams admin center, Manage apps, Upload new app: dist/cmk-bot.zip. Then in Teams: Add to a team.'],
    },
  ];
}

/** The settings among them that the wizard asks for. */
export const azdSettings: readonly string[] = [
  'CMK_SUBSCRIPTIONS',
  'CMK_REQUESTERS',
  'CMK_APPROVERS',
  'CMK_APPROVALS_REQUIRED',
  'CMK_OPERATIONS_CHANNEL',
  'CMK_APPROVALS_CHANNEL',
  'CMK_AUDIT_CHANNEL',
  'CMK_STEP_UP',
  'CMK_STEP_UP_APP_ID',
  'CMK_LOGS_WORKSPACE',
];

/** Returns the tasks in order. */
export function followUpTasks(answers: Answers, input: TaskInput): readonly Task[] {
  // The bot and the command line read this file by default.
  const isUsual = input.envFile === '.env';
  return byAzd(answers)
    ? azdTasks(answers, input.settings)
    : [
        ...databaseTasks(answers),
        ...sealTask(answers, input.objectId ?? 'OBJECT_ID'),
        ...verificationTasks(answers, input.objectId ?? 'OBJECT_ID'),
        ...azureTasks(answers, input),
        ...stepUpTask(answers),
        ...teamsTasks(answers),
        {
          what: 'Start the bot with these settings',
          who: 'its operator',
          how: [isUsual ? 'npm start' : `node --env-file=${input.envFile} dist/cmk-bot-server.mjs`],
        },
        { what: 'Check everything', who: 'you', how: [`cmk-bot doctor${isUsual ? '' : ` --env ${input.envFile}`}`] },
      ];
}

export const asMarkdown = (tasks: readonly Task[], on: Date): string =>
  [
    `# Remaining steps, ${on.toISOString().slice(0, 10)}\n`,
    'Each step names who can do it. `cmk-bot doctor` checks the result.\n',
    ...tasks.map(
      ({ what, who, how }, at) =>
        `${at + 1}. [ ] **${what}** (${who})\n\n${how.map((line) => `       ${line}\n`).join('')}`,
    ),
    'At the end, type /cmk-help in the operations channel. When the bot answers, you are done.\n',
  ].join('\n');

export const asLines = (tasks: readonly Task[]): string =>
  tasks
    .map(
      ({ what, who, how }, at) =>
        `${String(at + 1).padStart(4)}  [ ] ${what}: ${who}\n${how.map((line) => `          ${line}`).join('\n')}`,
    )
    .join('\n');
