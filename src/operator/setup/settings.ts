/** Converts answers to the bot's settings. */
import { type Mistake, readEnvironment, type Variables } from '../../config/env.ts';
import { environmentSchema } from '../../config/settings/table.ts';
import { type Answers, answerTo, byHand, isManaged, type QuestionId } from './question.ts';
import { readChannelLink } from './questions/channels.ts';
import { databaseAddress } from './questions/database.ts';

type Settings = readonly (readonly [VariableName, string | null])[];

const orNull = (value: string): string | null => (value === '' || value === 'none' ? null : value);

/** Variables of other clouds, from the shell. */
const cloudVariables: readonly VariableName[] = [
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

/** Returns database settings; none with azd, which creates the database. */
function databaseSettings(answers: Answers): Settings {
  if (!byHand(answers)) return [];
  const password = (id: 'password' | 'ownerPassword'): string => orNull(answerTo(answers, id)) ?? '';
  const seal = answerTo(answers, 'seal');
  return [
    ['CMK_DATA_DIR', null],
    ['DATABASE_URL', databaseAddress(answers, answerTo(answers, 'role'), password('password'))],
    ['CMK_DATABASE_OWNER_URL', databaseAddress(answers, answerTo(answers, 'owner'), password('ownerPassword'))],
    ['CMK_DATABASE_SIGN_IN', isManaged(answers) ? 'entra' : null],
    ['CMK_DATABASE_OWNER_CLIENT_ID', orNull(answerTo(answers, 'ownerIdentity'))],
    ['CMK_SEAL_KEY_FILE', seal.startsWith('https:') ? null : seal],
    ['CMK_SEAL_KEY_SECRET', seal.startsWith('https:') ? seal : null],
  ];
}

function optionalSettings(answers: Answers): Settings {
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

/** Returns all settings for the answers; null: not set. `shell`: variables that name the cloud. */
export function settingsFrom(answers: Answers, shell: Variables): Readonly<Record<string, string | null>> {
  const secret = orNull(answerTo(answers, 'secret'));
  const settings: Settings = [
    ...cloudVariables.flatMap((name): Settings => (shell[name] ? [[name, shell[name] ?? null]] : [])),
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
    ...databaseSettings(answers),
    ...optionalSettings(answers),
  ];
  return Object.fromEntries(settings);
}

export type VariableName = keyof typeof environmentSchema.shape;

/** Settings with a channel id, for which people have a link. */
const channels: readonly VariableName[] = [
  'CMK_OPERATIONS_CHANNEL',
  'CMK_APPROVALS_CHANNEL',
  'CMK_AUDIT_CHANNEL',
  'CMK_TEAM_ID',
];

export const isVariable = (name: string): name is VariableName => Object.hasOwn(environmentSchema.shape, name);

/** `shown`: a channel's id; without a tenant, it isn't known whether the bot serves the channel. */
type SetOne =
  | { readonly kind: 'set' | 'shown'; readonly value: string }
  | { readonly kind: 'refused'; readonly why: string };

const mistakeLine = ([variable, message]: Mistake): string => `${variable} ${message}`;

/** Checks a value for the variable, and the rules with others. Earlier mistakes are no reason to refuse. */
export function validateSetting(before: Variables, name: VariableName, given: string): SetOne {
  const tenantName: VariableName = 'MicrosoftAppTenantId';
  const tenant = before[tenantName] ?? '';
  const asLink = channels.includes(name) && /^https?:/i.test(given) ? readChannelLink(given, tenant) : null;
  if (asLink?.kind === 'refused') return asLink;
  const value = asLink === null ? given.trim() : asLink.link.channelId;
  const earlier = readEnvironment(before).mistakes.map(mistakeLine);
  const { mistakes } = readEnvironment({ ...before, [name]: value });
  const own = mistakes.filter(([variable]) => variable === name);
  const fresh = mistakes.filter((mistake) => mistake[0] === name || !earlier.includes(mistakeLine(mistake)));
  // Several variables might have to change one by one: a new mistake of another variable is left to `doctor`.
  const blocking = own.length > 0 ? own : fresh.filter(([variable]) => before[variable] !== undefined);
  if (blocking.length > 0) return { kind: 'refused', why: blocking.map(mistakeLine).join('; ') };
  return asLink !== null && tenant === '' ? { kind: 'shown', value } : { kind: 'set', value };
}
