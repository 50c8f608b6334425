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
import { keyTasks, type Task, task, verificationTasks, workspaceTask } from './verification-tasks.ts';

interface TaskInput {
  /** Object id of the bot's identity, or a placeholder. */
  readonly objectId: string;
  /** Microsoft Graph's address. */
  readonly graph: string;
  readonly envFile: string;
  readonly settings: Readonly<Record<string, string | null>>;
}

function databaseTasks(answers: Answers): readonly Task[] {
  if (!byHand(answers)) return [];
  const [database, role, owner] = [
    answerTo(answers, 'database'),
    answerTo(answers, 'role'),
    answerTo(answers, 'owner'),
  ];
  const [host = '', port] = answerTo(answers, 'server').split(':');
  const connect = ['psql', '-h', host, ...(port === undefined ? [] : ['-p', port]), '-d', 'postgres'];
  const run = (sql: string): string => command(...connect, '-c', sql);
  // As infra/runtime-role.sql: an administrator without superuser can't create a database for another owner.
  const permitted = [
    `create database "${database}"`,
    `revoke all on database "${database}" from public`,
    `grant connect, create on database "${database}" to "${owner}"`,
    `grant connect on database "${database}" to "${role}"`,
  ].map(run);
  const what = 'Create the database and its roles';
  if (!isManaged(answers)) {
    const made = [owner, role].map((name) => run(`create role "${name}" login`));
    const passwords = [owner, role].map((name) => run(`\\password ${name}`));
    return [task(what, 'an administrator of the database server', ...made, ...permitted, ...passwords)];
  }
  const sql = [makeEntraRole(owner, answerTo(answers, 'ownerIdentity')), makeEntraRole(role, answerTo(answers, 'app'))];
  const made = sql.map((quotedSql) => `${command(...connect, '-c')} ${quotedSql}`);
  return [task(what, 'a Microsoft Entra administrator of the database server', ...made, ...permitted)];
}

function sealTask(answers: Answers, objectId: string): readonly Task[] {
  const seal = answerTo(answers, 'seal');
  return seal === '' ? [] : keyTasks('Create the seal key once; keep a copy somewhere else', seal, objectId);
}

function azureTasks(answers: Answers, { objectId, graph }: TaskInput): readonly Task[] {
  const ids = answerTo(answers, 'subscriptions').split(',');
  return [
    task(
      'Grant Microsoft Graph permissions',
      'Privileged Role Administrator',
      ...Object.values(graphPermissionIds).map((id) => giveGraphPermission(graph, objectId, id)),
    ),
    task(
      'Create the bot’s two roles once',
      whoGivesRoles('the subscriptions'),
      ...['infra/custom-role.json', 'infra/custom-role-grants.json'].map((file) => makeRole(file, ids)),
    ),
    ...ids.map((id) =>
      task(
        `Assign the roles in ${id}`,
        whoGivesRoles(`subscription ${id}`),
        giveBotRole(objectId, `/subscriptions/${id}`),
        giveGrantsRole(objectId, `/subscriptions/${id}`),
      ),
    ),
  ];
}

const upload = 'Teams admin center, Manage apps, Upload new app: dist/cmk-bot.zip. Then in Teams: Add to a team.';

function teamsTasks(answers: Answers): readonly Task[] {
  const [type, app, host] = [answerTo(answers, 'identity'), answerTo(answers, 'app'), answerTo(answers, 'host')];
  const [hostname = ''] = host.split(':');
  const packaged = command('npm', 'run', 'package', '--', '--app-id', app, '--app-type', type, '--host', hostname);
  const words = ['--resource-group', 'GROUP', '--name', 'cmk-bot'];
  const created = command(
    ...['az', 'bot', 'create', ...words, '--app-type', type, '--appid', app],
    ...['--tenant-id', answerTo(answers, 'tenant'), '--endpoint', `https://${host}/api/messages`],
  );
  const identity = `--msi-resource-id "$(az identity list --query "[?clientId=='${app}'].id" --output tsv)"`;
  return [
    task(
      'Register the bot and its Teams channel (GROUP: your resource group)',
      'Contributor of GROUP',
      isManaged(answers) ? `${created} ${identity}` : created,
      command('az', 'bot', 'msteams', 'create', ...words),
    ),
    task(
      'Upload the app package to Teams (replace the four words in capitals)',
      'Teams Administrator',
      `${packaged} --developer-name NAME --website-url URL --privacy-url URL --terms-url URL`,
      upload,
    ),
  ];
}

function stepUpTask(answers: Answers): readonly Task[] {
  const context = answerTo(answers, 'signIn');
  if (context === 'none') return [];
  const what = `Create a Conditional Access policy for ${context}: phishing-resistant strength, sign-in every time`;
  return [task(what, 'Conditional Access Administrator', 'docs/how-to/require-sign-in.md, “Set it up”; no command')];
}

/** Tasks with azd: set the values that `infra/main.parameters.json` passes on. */
function azdTasks(answers: Answers, settings: Readonly<Record<string, string | null>>): readonly Task[] {
  const set = Object.entries(settings).flatMap(([name, value]) =>
    value !== null && azdSettings.includes(name) ? [command('azd', 'env', 'set', name, value)] : [],
  );
  const bot = '"$(azd env get-value CMK_BOT_PRINCIPAL_ID)"';
  const ownWorkspace = workspaceTask(answers, bot);
  const workspace = ownWorkspace.length > 0 ? '' : '--workspace "$(azd env get-value CMK_WORKSPACE_ID)" ';
  return [
    task(
      'Set the values for azd (prod: any name for this environment)',
      'you',
      'azd env new prod',
      ...set,
      ...(answerTo(answers, 'signInApp') === '' ? [] : [readSecret('CMK_STEP_UP_APP_SECRET')]),
      'azd env set CMK_ADMIN_IP ADDRESS     (the public address of this machine)',
      'azd env set CMK_ASSIGN_ROLES false     (the default, true, assigns the bot’s roles to whole subscriptions)',
    ),
    task('Deploy everything to Azure, about 30 minutes', 'Owner of the bot’s subscription', 'azd up'),
    task(
      'Assign the bot’s roles (SCOPE: the ID of each resource group with agents or vaults)',
      whoGivesRoles('each SCOPE'),
      `bash infra/grant-azure.sh --yes ${workspace}${bot} SCOPE…`,
    ),
    task(
      'Grant Microsoft Graph permissions',
      'Privileged Role Administrator',
      'bash infra/grant-graph.sh --yes "$(azd env get-value CMK_BOT_PRINCIPAL_ID)"',
    ),
    ...ownWorkspace,
    ...stepUpTask(answers),
    task('Upload the app package to Teams; azd prints the command that builds it', 'Teams Administrator', upload),
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

export function followUpTasks(answers: Answers, input: TaskInput): readonly Task[] {
  // The bot and the command line read this file by default.
  const isUsual = input.envFile === '.env';
  return byAzd(answers)
    ? azdTasks(answers, input.settings)
    : [
        ...databaseTasks(answers),
        ...sealTask(answers, input.objectId),
        ...verificationTasks(answers, input.objectId),
        ...azureTasks(answers, input),
        ...stepUpTask(answers),
        ...teamsTasks(answers),
        task(
          'Start the bot with these settings',
          'its operator',
          isUsual ? 'npm start' : `node --env-file=${input.envFile} dist/cmk-bot-server.mjs`,
        ),
        task('Check everything', 'you', `cmk-bot doctor${isUsual ? '' : ` --env ${input.envFile}`}`),
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
