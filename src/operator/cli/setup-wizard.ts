/** The `setup` wizard: at a terminal, from a pipe, or from an answers file. */
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { openCloud } from '../../azure/clouds.ts';
import { readCloud } from '../../config/config.ts';
import { processVariables, readEnvironment, type Variables } from '../../config/env.ts';
import { readEnvFile } from '../../config/env-file.ts';
import { emptyEnvironment, isSecretSetting } from '../../config/settings/table.ts';
import { replaceFile } from '../../io/files.ts';
import { utcMinute } from '../../text/instants.ts';
import { countOf } from '../../text/words.ts';
import { freeName, textOf, withSettings, writeWithBackup } from '../setup/env-text.ts';
import { asLines, asMarkdown, followUpTasks } from '../setup/follow-up-tasks.ts';
import {
  type Answers,
  answerOf,
  answerTo,
  byAzd,
  type QuestionId,
  questionIds,
  type SetupAnswer,
  type SetupWorld,
} from '../setup/question.ts';
import { settingsFrom } from '../setup/settings.ts';
import {
  AnswerFile,
  type Conversation,
  judgeAnswers,
  questions,
  runQuestions,
  summary,
  titleOf,
} from '../setup/wizard.ts';
import { openSetupWorld } from './setup-world.ts';
import { type CommandEnvironment, type Exit, exit, Unusable } from './subcommand.ts';

type People = Pick<CommandEnvironment, 'print' | 'complain' | 'ask' | 'nextLine'>;

interface SetupOptions {
  readonly env: string;
  /** Path of an answers file; null: interactive. */
  readonly answers: string | null;
  readonly print: boolean;
}

const tasksFile = (env: string): string => path.join(path.dirname(env), 'left-to-do.md');
const savedFile = (env: string): string => `${env}.setup`;

const SavedAnswers = z.object({ at: z.iso.datetime(), answers: z.partialRecord(z.enum(questionIds), z.string()) });
type SavedAnswers = z.infer<typeof SavedAnswers>;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Keeps a damaged file under another name. Returns what happened to it. */
async function setAside(file: string): Promise<string> {
  const kept = await freeName(`${file}.damaged`);
  return rename(file, kept).then(
    () => `See ${kept}.`,
    (error: unknown) => `The file can’t be renamed, and will be overwritten: ${messageOf(error)}.`,
  );
}

/** Returns the saved answers; null: there are none, or they are damaged. Throws {@link Unusable} if the file can't be read. */
async function readSavedAnswers(options: SetupOptions, { print }: People): Promise<SavedAnswers | null> {
  const file = savedFile(options.env);
  const text = await textOf(file).catch((error: unknown) => {
    throw new Unusable(`the saved answers can’t be read: ${messageOf(error)}. Correct that, or remove ${file}.`);
  });
  if (text === null) return null;
  try {
    return SavedAnswers.parse(JSON.parse(text));
  } catch {
    const kept = options.print ? `See ${file}.` : await setAside(file);
    await print(`The saved answers are damaged, so the wizard starts with the first question. ${kept}`);
    return null;
  }
}

/** Loads saved answers, without secrets, and checks them again. */
async function loadSavedAnswers(options: SetupOptions, people: People, world: SetupWorld): Promise<Answers> {
  const saved = people.ask === null ? null : await readSavedAnswers(options, people);
  if (saved === null || people.ask === null) return new Map();
  await people.print(`There are ${Object.keys(saved.answers).length} answers of ${utcMinute(saved.at)}.`);
  const reply = await people.ask('Continue with them? [Y] ');
  if (/^n/i.test(reply.trim())) return new Map();
  const answers = new Map<QuestionId, SetupAnswer>();
  for (const question of questions) {
    const given = saved.answers[question.id];
    if (given === undefined || !question.isAsked(answers)) continue;
    const checked = await question.check(given, answers, world);
    if (checked.kind === 'refused') return answers;
    answers.set(question.id, answerOf(given, checked));
  }
  return answers;
}

/** Saves the answers except secrets, which are asked again. */
async function saveAnswers(env: string, answers: Answers, now: Date): Promise<number> {
  const unseen = new Set(questions.filter((question) => question.isSecret === true).map(({ id }) => id));
  const given = [...answers].filter(([id]) => !unseen.has(id)).map(([id, answer]) => [id, answer.given] as const);
  const text = JSON.stringify({ at: now.toISOString(), answers: Object.fromEntries(given) }, null, 2);
  await replaceFile(savedFile(env), `${text}\n`);
  return given.length;
}

const conversationWith = ({ print, ask, nextLine }: People): Conversation => ({
  say: print,
  // The terminal rejects an interrupted question.
  hear: ({ unseen }) => (ask === null ? nextLine() : ask('> ', { unseen }).catch(() => null)),
});

/** Returns the shell's variables and the existing file's: they name the cloud. */
async function variablesFor(env: string): Promise<Variables> {
  const there = (await textOf(env)) === null ? {} : readEnvFile(env);
  return { ...there, ...Object.fromEntries(Object.entries(processVariables()).filter(([, value]) => value !== '')) };
}

async function prepare(answers: Answers, { env }: SetupOptions, world: SetupWorld) {
  const shell = await variablesFor(env);
  const settings = settingsFrom(answers, shell);
  const named = byAzd(answers) ? null : await world.identity(answerTo(answers, 'app'));
  const objectId = (named?.kind === 'seen' ? named.value?.objectId : undefined) ?? 'OBJECT_ID';
  const graph = openCloud(readCloud(shell)).graphEndpoint;
  const given = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value ?? undefined]));
  const { mistakes } = readEnvironment(given);
  // azd creates some settings itself, so they aren't required.
  if (mistakes.length > 0 && !byAzd(answers))
    throw new Unusable(`the answers contradict each other: ${mistakes.map((one) => one.join(' ')).join('; ')}`);
  const before = (await textOf(env)) ?? emptyEnvironment();
  return {
    env: withSettings(before, settings),
    tasks: followUpTasks(answers, { objectId, graph, envFile: env, settings }),
    changed: Object.values(settings).filter((value) => value !== null).length,
  };
}

const masked = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /^[A-Za-z]\w*=./.test(line))
    .map((line) => {
      const name = line.slice(0, line.indexOf('='));
      return isSecretSetting(name) ? `${name}=…` : line;
    })
    .join('\n');

async function write(answers: Answers, options: SetupOptions, world: SetupWorld, people: People): Promise<Exit> {
  const { print } = people;
  const { env, tasks, changed } = await prepare(answers, options, world);
  if (options.print) {
    await print(
      `${byAzd(answers) ? '' : `${masked(env)}\n\n`}Remaining steps:\n\n${asLines(tasks)}\n\nNothing was written.`,
    );
    return exit.done;
  }
  const now = new Date();
  // azd stores the settings itself, and no process here reads them.
  const old = byAzd(answers) ? null : await writeWithBackup(options.env, env, now);
  await writeWithBackup(tasksFile(options.env), asMarkdown(tasks, now), now);
  await rm(savedFile(options.env), { force: true });
  const saved = old === null ? '' : `; the previous file is now ${old}`;
  if (!byAzd(answers)) await print(`   ✔ ${options.env}   ${changed} settings, readable only by you${saved}`);
  await print(`   ✔ ${tasksFile(options.env)}   the remaining steps, to pass on`);
  await print(`\nRemaining steps. Each names who can do it; cmk-bot doctor checks the result.\n\n${asLines(tasks)}`);
  return exit.done;
}

async function readAnswers(file: string): Promise<AnswerFile> {
  try {
    const read = AnswerFile.safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (read.success) return read.data;
    throw new Unusable(`${file}: ${z.prettifyError(read.error)}`);
  } catch (error) {
    if (error instanceof Unusable) throw error;
    throw new Unusable(`${file} cannot be read: ${messageOf(error)}`);
  }
}

async function fromFile(file: string, options: SetupOptions, world: SetupWorld, people: People): Promise<Exit> {
  const judged = await judgeAnswers(questions, await readAnswers(file), world);
  if (judged.kind === 'refused') {
    const lines = judged.mistakes.map(([id, why]) => `  ${id.padEnd(18)}${why}`);
    await people.print(
      `✘ ${countOf(judged.mistakes.length, 'answer isn’t', 'answers aren’t')} usable. Nothing was written.\n${lines.join('\n')}`,
    );
    return exit.unusable;
  }
  await people.print([summary(judged.answers), ...judged.notes.map((note) => `   ! ${note}`)].join('\n'));
  return write(judged.answers, options, world, people);
}

const welcome = [
  'The wizard asks for the settings of cmk-bot, checks each answer in your tenant, and writes .env at the end.',
  'It changes nothing in Azure or Teams. You need:',
  '  · a link to each of three channels (channel menu, “Get link to channel”)',
  '  · the Entra groups of the requesters and of the approvers',
  '  · the name of the PostgreSQL server',
  'Press Enter for the answer in [brackets], ? for an explanation, < to go back. Ctrl+C stops, and keeps the answers.',
].join('\n');

/** Asks the questions, checks the answers, and writes the results at the end. */
export async function runWizard(options: SetupOptions, people: People): Promise<Exit> {
  const world = openSetupWorld(await variablesFor(options.env));
  if (options.answers !== null) return fromFile(options.answers, options, world, people);
  await people.print(welcome);
  const saved = await loadSavedAnswers(options, people, world);
  const result = await runQuestions(questions, conversationWith(people), world, saved);
  if (result.kind === 'answered') return write(result.answers, options, world, people);
  if (options.print) return exit.no;
  const count = await saveAnswers(options.env, result.answers, new Date());
  const where = result.kind === 'stopped' ? ` at ${titleOf(result.part)}` : '';
  await people.print(
    `\nStopped${where}. Nothing was written. ${countOf(count, 'answer is', 'answers are')} kept in ${savedFile(options.env)}, without secrets, for next time.`,
  );
  return exit.no;
}
