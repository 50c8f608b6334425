/** Files of records, one JSON line each, for both simulators. */

import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';

/** A file of records, one JSON line each, oldest first. Skips unreadable lines: a killed process can leave a partial line. */
export class JsonLines<T> {
  private readonly file: string;
  private records: T[] = [];

  constructor(file: string, schema: z.ZodType<T>) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) return;
    this.records = readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => recordIn(line, schema));
    if (this.records.length > 0) appendFileSync(file, '\n');
  }

  append(...records: readonly T[]): void {
    if (records.length === 0) return;
    this.records.push(...records);
    appendFileSync(this.file, linesOf(records), { mode: 0o600 });
  }

  /** Removes all other records. */
  keep(isKept: (record: T) => boolean): void {
    this.records = this.records.filter(isKept);
    writeFileSync(this.file, linesOf(this.records), { mode: 0o600 });
  }

  all(): readonly T[] {
    return this.records;
  }
}

const linesOf = (records: readonly unknown[]): string => records.map((one) => `${JSON.stringify(one)}\n`).join('');

function recordIn<T>(line: string, schema: z.ZodType<T>): readonly T[] {
  try {
    const read = schema.safeParse(JSON.parse(line));
    return read.success ? [read.data] : [];
  } catch {
    return [];
  }
}
