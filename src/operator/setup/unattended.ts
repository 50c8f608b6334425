/** Answers from a file, without a person: every one is looked at as in the wizard, and every mistake is named. */
import { z } from 'zod';
import { type Answers, type Question, type QuestionId, questionIds, type SetupAnswer } from './question.ts';
import type { SetupWorld } from './world.ts';

/** `confirmed`: questions whose answer is meant although the wizard would ask whether it is. */
export const AnswerFile = z.strictObject({
  ...(Object.fromEntries(questionIds.map((id) => [id, z.string().optional()])) as Record<
    QuestionId,
    z.ZodOptional<z.ZodString>
  >),
  confirmed: z.array(z.enum(questionIds)).default([]),
});
export type AnswerFile = z.output<typeof AnswerFile>;

export type JudgedAnswer =
  | { readonly kind: 'answered'; readonly answers: Answers; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly mistakes: readonly (readonly [QuestionId, string])[] };

export async function judgeAnswers(
  questions: readonly Question[],
  file: AnswerFile,
  world: SetupWorld,
): Promise<JudgedAnswer> {
  const answers = new Map<QuestionId, SetupAnswer>();
  const mistakes: (readonly [QuestionId, string])[] = [];
  const notes: string[] = [];
  for (const question of questions) {
    const { id } = question;
    if (!question.isAsked(answers)) continue;
    const given = file[id] ?? (await question.usual(answers, world));
    if (given === null) {
      mistakes.push([id, 'is missing']);
      continue;
    }
    const checked = await question.check(given, answers, world);
    if (checked.kind === 'refused') mistakes.push([id, checked.why]);
    else if (checked.kind === 'doubt' && !file.confirmed.includes(id)) {
      mistakes.push([id, `${checked.doubt} Where it is meant, name ${id} in confirmed.`]);
    } else {
      const { value, shown, people } = checked;
      answers.set(id, { given, value, shown, ...(people === undefined ? {} : { people }) });
      notes.push(...checked.notes.filter(({ kind }) => kind === 'mind').map(({ text }) => `${id}: ${text}`));
    }
  }
  return mistakes.length > 0 ? { kind: 'refused', mistakes } : { kind: 'answered', answers, notes };
}
