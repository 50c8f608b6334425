/** Questions of the wizard as data: prompt, explanation and validation, and the wizard's read-only view of the environment. */
import { type Environment, environmentSchema } from '../../config/settings/table.ts';

export type Lookup<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'unseen'; readonly why: string };

interface SeenSubscription {
  readonly id: string;
  readonly name: string;
  readonly agents: number | null;
  readonly vaults: number | null;
}

/** The service principal of an app registration or a managed identity. */
export interface SeenIdentity {
  readonly objectId: string;
  readonly clientId: string;
  readonly name: string;
  readonly isManaged: boolean;
}

interface SeenHolder {
  readonly id: string;
  readonly name: string;
  readonly kind: 'group' | 'person';
  /** Object ids of its people that have access. */
  readonly people: readonly string[];
}

/** The match, or a similar name. */
export interface LookupResult {
  readonly found: SeenHolder | null;
  readonly near: string | null;
}

/** What answers at a host name. */
export type SeenAddress =
  | { readonly kind: 'unknown-name' }
  | { readonly kind: 'bad-certificate'; readonly why: string }
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'answers'; readonly certificateEnds: Date };

/** A database from its user's view. */
type SeenDatabase =
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'refuses'; readonly why: string }
  | { readonly kind: 'lets-in'; readonly major: number; readonly tls: string | null; readonly superuser: boolean };

export interface SetupWorld {
  /** The person signed in to Azure at this machine. */
  me(): Promise<Lookup<{ readonly name: string; readonly tenantId: string }>>;
  /** By name, client id or object id. */
  identity(named: string): Promise<Lookup<SeenIdentity | null>>;
  /** Signs in once with the secret. */
  trySecret(
    tenantId: string,
    clientId: string,
    secret: string,
  ): Promise<{ readonly kind: 'works' } | { readonly kind: 'refused' | 'unseen'; readonly why: string }>;
  address(host: string): Promise<SeenAddress>;
  subscriptions(): Promise<Lookup<readonly SeenSubscription[]>>;
  /** A group by name or id, or a person by id. */
  holder(named: string): Promise<Lookup<LookupResult>>;
  /** Signs in once. The URL can have no password. */
  database(url: string): Promise<SeenDatabase>;
}

export const questionIds = [
  'runs',
  'tenant',
  'identity',
  'app',
  'secret',
  'host',
  'subscriptions',
  'ask',
  'approve',
  'approvals',
  'signIn',
  'signInApp',
  'signInSecret',
  'operations',
  'approvalsChannel',
  'audit',
  'server',
  'database',
  'authority',
  'role',
  'password',
  'owner',
  'ownerPassword',
  'ownerIdentity',
  'seal',
  'anchor',
  'logKey',
  'vaultKey',
  'witnesses',
  'workspace',
  'policy',
] as const;
export type QuestionId = (typeof questionIds)[number];

export interface SetupAnswer {
  /** As typed. This is saved and checked again. */
  readonly given: string;
  /** The value: an id, a host name, a list with commas. */
  readonly value: string;
  /** Text in the final summary. */
  readonly shown: string;
  /** Ids of people behind a group, for later questions. */
  readonly people?: readonly string[];
}

export type Answers = ReadonlyMap<QuestionId, SetupAnswer>;

/** `good`: confirmed. `mind`: possible, but with a drawback. */
export interface AnswerNote {
  readonly kind: 'good' | 'mind';
  readonly text: string;
}

type AcceptedAnswer = Omit<SetupAnswer, 'given'> & { readonly notes: readonly AnswerNote[] };

export type AnswerCheck =
  | ({ readonly kind: 'taken' } & AcceptedAnswer)
  /** Plausible only if intended, so the wizard asks. */
  | ({ readonly kind: 'doubt'; readonly doubt: string } & AcceptedAnswer)
  | { readonly kind: 'refused'; readonly why: string };

export interface PartQuestion {
  readonly id: QuestionId;
  /** Prompt with the choices, one or a few lines. */
  readonly asks: (answers: Answers, world: SetupWorld) => Promise<string> | string;
  /** Explanation for `?`. */
  readonly explains: string;
  /** Default for Enter; null or missing: required. */
  readonly usual?: string | ((answers: Answers, world: SetupWorld) => Promise<string | null> | string | null);
  /** Not echoed, and stored only in the settings. */
  readonly isSecret?: true;
  /** Whether earlier answers make it necessary. Missing: always. */
  readonly isAsked?: (answers: Answers) => boolean;
  readonly check: (given: string, answers: Answers, world: SetupWorld) => Promise<AnswerCheck> | AnswerCheck;
}
export interface Question extends PartQuestion {
  /** Part 1 to 9. */
  readonly part: number;
  readonly isAsked: (answers: Answers) => boolean;
}

/** `isNeeded`: whether earlier answers make the whole part necessary. */
export const inPart = (
  part: number,
  questions: readonly PartQuestion[],
  isNeeded: (answers: Answers) => boolean = () => true,
): readonly Question[] =>
  questions.map((question) => ({
    ...question,
    part,
    isAsked: (answers) => isNeeded(answers) && (question.isAsked?.(answers) ?? true),
  }));

export const usualAnswer = async ({ usual }: Question, answers: Answers, world: SetupWorld): Promise<string | null> =>
  typeof usual === 'function' ? usual(answers, world) : (usual ?? null);

export const answerOf = (given: string, { value, shown, people }: AcceptedAnswer): SetupAnswer => ({
  ...{ given, value, shown },
  ...(people === undefined ? {} : { people }),
});

type TakenAnswer = Extract<AnswerCheck, { kind: 'taken' }>;

export const acceptAnswer = (value: string, shown: string, ...notes: readonly AnswerNote[]): TakenAnswer => ({
  kind: 'taken',
  value,
  shown,
  notes,
});
export const doubtAnswer = (doubt: string, answer: TakenAnswer): AnswerCheck => ({ ...answer, kind: 'doubt', doubt });
export const refuseAnswer = (why: string): AnswerCheck => ({ kind: 'refused', why });
/** Takes what was typed as it is, or refuses it. */
export const acceptIf = (isGood: boolean, given: string, why: string): AnswerCheck =>
  isGood ? acceptAnswer(given, given) : refuseAnswer(why);
export const good = (text: string): AnswerNote => ({ kind: 'good', text });
export const mind = (text: string): AnswerNote => ({ kind: 'mind', text });

/** Returns whether the bot would accept the value for the setting. */
export const isValidSetting = (name: keyof Environment, given: string): boolean =>
  environmentSchema.shape[name].safeParse(given).success;

/** Returns whether azd deploys the bot: it creates identity, address and database. */
export const byAzd = (answers: Answers): boolean => answerTo(answers, 'runs') === 'azure';
export const byHand = (answers: Answers): boolean => !byAzd(answers);
/** Returns whether the bot has a managed identity: its tokens replace the database password. */
export const isManaged = (answers: Answers): boolean => answerTo(answers, 'identity') === 'UserAssignedMSI';
export const answerTo = (answers: Answers, id: QuestionId): string => answers.get(id)?.value ?? '';

export function chosen<T extends string>(given: string, offered: readonly (readonly [T, string])[]): AnswerCheck {
  const one = offered[Number(given) - 1];
  if (one === undefined) return refuseAnswer(`Type a number from 1 to ${offered.length}.`);
  return acceptAnswer(one[0], one[1]);
}

/** `   1  Azure Container Apps` */
export const listedChoices = (lines: readonly string[]): string =>
  lines.map((line, at) => `   ${String(at + 1).padStart(2)}  ${line}`).join('\n');
