/** The bot's log as a person reads it: time, level, words. Programs read the lines of JSON as they are. */
import { z } from 'zod';

const Line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });
const Thrown = z.object({ type: z.string(), message: z.string(), stack: z.string().default('') });

const levels: readonly (readonly [number, string])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
];
const levelOf = (level: number): string => levels.find(([least]) => level >= least)?.[1] ?? 'trace';

const shownAs = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

/** `12:27:01 info  listening  url=http://127.0.0.1:3978`. What is no line of a log stays as it is. */
export function inWords(line: string): string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return line;
  }
  const read = Line.safeParse(json);
  if (!read.success) return line;
  const { level, time, msg, replica: _one, err, ...facts } = read.data;
  const thrown = Thrown.safeParse(err).data;
  const told = Object.entries(facts).map(([name, value]) => `${name}=${shownAs(value)}`);
  const head = [
    `${new Date(time).toISOString().slice(11, 19)} ${levelOf(level).padEnd(5)} ${msg}`,
    ...(thrown === undefined ? [] : [`${thrown.type}: ${thrown.message}`]),
    ...(told.length === 0 ? [] : [told.join(' ')]),
  ].join('  ');
  return thrown === undefined || thrown.stack === '' ? head : `${head}\n${thrown.stack}`;
}
