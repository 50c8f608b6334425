/** Questions of the wizard as data: prompt, explanation and validation. */
import { type Environment, environmentSchema } from '../../config/settings/table.ts';
import type { SetupWorld } from './world.ts';

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

/** An accepted answer. */
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

export interface Question {
  readonly id: QuestionId;
  /** Part 1 to 9. */
  readonly part: number;
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
export type PartQuestion = Omit<Question, 'part'>;

export const inPart = (part: number, questions: readonly PartQuestion[]): readonly Question[] =>
  questions.map((question) => ({ ...question, part }));

export const isAsked = ({ isAsked: isNeeded }: Question, answers: Answers): boolean => isNeeded?.(answers) ?? true;

export const usualAnswer = async ({ usual }: Question, answers: Answers, world: SetupWorld): Promise<string | null> =>
  typeof usual === 'function' ? usual(answers, world) : (usual ?? null);

/** Returns the answer to keep. */
export const answerOf = (given: string, { value, shown, people }: AcceptedAnswer): SetupAnswer => ({
  ...{ given, value, shown },
  ...(people === undefined ? {} : { people }),
});

export const acceptAnswer = (
  value: string,
  shown: string,
  ...notes: readonly AnswerNote[]
): AnswerCheck & { kind: 'taken' } => ({
  kind: 'taken',
  value,
  shown,
  notes,
});
export const doubtAnswer = (doubt: string, { kind: _, ...rest }: AnswerCheck & { kind: 'taken' }): AnswerCheck => ({
  kind: 'doubt',
  doubt,
  ...rest,
});
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

/** Returns the choice with this number. */
export function chosen<T extends string>(given: string, offered: readonly (readonly [T, string])[]): AnswerCheck {
  const one = offered[Number(given) - 1];
  if (one === undefined) return refuseAnswer(`Type a number from 1 to ${offered.length}.`);
  return acceptAnswer(one[0], one[1]);
}

/** `   1  Azure Container Apps` */
export const listedChoices = (lines: readonly string[]): string =>
  lines.map((line, at) => `   ${String(at + 1).padStart(2)}  ${line}`).join('\n');
