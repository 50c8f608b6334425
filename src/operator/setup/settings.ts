/** Answers as settings of the bot. */
import type { Variables } from '../../config/env.ts';
import { type Answers, answerTo, byHand, type QuestionId } from './question.ts';
import { databaseUrl, usesTokens } from './questions/record.ts';
import type { VariableName } from './set-one.ts';

type Settings = readonly (readonly [VariableName, string | null])[];

const orNull = (value: string): string | null => (value === '' || value === 'none' ? null : value);

/** Where the cloud is not the public one, the shell already says which. */
const carried: readonly VariableName[] = [
  'AZURE_CLOUD',
  'AZURE_ARM_ENDPOINT',
  'AZURE_AUTHORITY_HOST',
  'AZURE_GRAPH_ENDPOINT',
  'AZURE_LOGS_ENDPOINT',
  'AZURE_CA_FILE',
  'ToBotFromChannelOpenIdMetadataUrl',
  'ToBotFromChannelTokenIssuer',
  'ToChannelFromBotLoginUrl',
  'ToChannelFromBotOAuthScope',
];

/** None with azd, which makes the database itself. */
function recordSettings(answers: Answers): Settings {
  if (!byHand(answers)) return [];
  const password = (id: 'password' | 'ownerPassword'): string => orNull(answerTo(answers, id)) ?? '';
  const seal = answerTo(answers, 'seal');
  return [
    ['CMK_DATA_DIR', null],
    ['DATABASE_URL', databaseUrl(answers, answerTo(answers, 'role'), password('password'))],
    ['CMK_DATABASE_OWNER_URL', databaseUrl(answers, answerTo(answers, 'owner'), password('ownerPassword'))],
    ['CMK_DATABASE_SIGN_IN', usesTokens(answers) ? 'entra' : null],
    ['CMK_DATABASE_OWNER_CLIENT_ID', orNull(answerTo(answers, 'ownerIdentity'))],
    ['CMK_SEAL_KEY_FILE', seal.startsWith('https:') ? null : seal],
    ['CMK_SEAL_KEY_SECRET', seal.startsWith('https:') ? seal : null],
  ];
}

/** What can be left out. */
function checkedSettings(answers: Answers): Settings {
  const given = (id: QuestionId): string | null => orNull(answerTo(answers, id));
  const logKey = given('logKey');
  const anchor = given('anchor');
  return [
    ['CMK_ANCHOR', anchor ?? 'none'],
    ['CMK_LOG_KEY_FILE', logKey?.startsWith('https:') ? null : logKey],
    ['CMK_LOG_KEY_SECRET', logKey?.startsWith('https:') ? logKey : null],
    ['CMK_LOG_VAULT_KEY', given('vaultKey')],
    ['CMK_WITNESSES', given('witnesses')],
    ['CMK_LOGS_WORKSPACE', given('workspace')],
    ['CMK_POLICY_FILE', given('policy')],
  ];
}

/** Every setting that the answers say something about; null: not set. `shell`: what says which cloud. */
export function settingsFrom(answers: Answers, shell: Variables): Readonly<Record<string, string | null>> {
  const secret = orNull(answerTo(answers, 'secret'));
  const settings: Settings = [
    ...carried.flatMap((name): Settings => (shell[name] ? [[name, shell[name] ?? null]] : [])),
    ['MicrosoftAppType', answerTo(answers, 'identity')],
    ['MicrosoftAppId', answerTo(answers, 'app')],
    ['MicrosoftAppTenantId', answerTo(answers, 'tenant')],
    ['MicrosoftAppPassword', secret],
    ['AZURE_CLIENT_ID', answerTo(answers, 'app')],
    ['AZURE_CLIENT_SECRET', secret],
    ['CMK_SUBSCRIPTIONS', answerTo(answers, 'subscriptions')],
    ['CMK_REQUESTERS', answerTo(answers, 'ask')],
    ['CMK_APPROVERS', answerTo(answers, 'approve')],
    ['CMK_APPROVALS_REQUIRED', answerTo(answers, 'approvals')],
    ['CMK_STEP_UP', orNull(answerTo(answers, 'signIn'))],
    ['CMK_STEP_UP_APP_ID', orNull(answerTo(answers, 'signInApp'))],
    ['CMK_STEP_UP_APP_SECRET', orNull(answerTo(answers, 'signInSecret'))],
    ['CMK_PUBLIC_URL', `https://${answerTo(answers, 'host')}`],
    ['CMK_OPERATIONS_CHANNEL', answerTo(answers, 'operations')],
    ['CMK_APPROVALS_CHANNEL', answerTo(answers, 'approvalsChannel')],
    ['CMK_AUDIT_CHANNEL', answerTo(answers, 'audit')],
    ...recordSettings(answers),
    ...checkedSettings(answers),
  ];
  return Object.fromEntries(settings);
}
