/** What was tried against the bot, how often, what it answered, and what that changed: printed when a file is through. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { table } from '../docs/table.ts';
import { repository } from '../processes/surroundings.ts';

/** Hands the rows to the reporter, which makes one table of all suites. */
function report(title: string, rows: readonly { readonly tries: number }[]): void {
  const folder = process.env.CMK_TEST_ATTACKS;
  const { testPath } = expect.getState();
  if (folder === undefined || testPath === undefined) return;
  mkdirSync(folder, { recursive: true });
  const suite = path.relative(repository, testPath).replaceAll('/', '_');
  writeFileSync(path.join(folder, `${suite}.${title.replaceAll(/\W+/g, '-')}.json`), JSON.stringify(rows));
}

export class AttackTable {
  private readonly rows = new Map<string, { tried: number; readonly answers: Map<string, number>; changed: number }>();

  /**
   * One try. `attack` is what test/golden/attacks.md has to have, so nothing measured belongs into it: that goes into `answer`.
   * `changed` counts what it stored or did beside its answer.
   */
  add(attack: string, answer: string, changed = 0): void {
    const row = this.rows.get(attack) ?? { tried: 0, answers: new Map<string, number>(), changed: 0 };
    row.answers.set(answer, (row.answers.get(answer) ?? 0) + 1);
    this.rows.set(attack, { ...row, tried: row.tried + 1, changed: row.changed + changed });
  }

  /** What is only known once a batch of tries is over. */
  changedBy(attack: string, changed: number): void {
    const row = this.rows.get(attack);
    if (row !== undefined) row.changed += changed;
  }

  print(title: string): void {
    const rows = [...this.rows].map(([attack, { tried, answers, changed }]) => ({
      attack,
      tried,
      answer: [...answers]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([answer, count]) => (answers.size === 1 ? answer : `${answer} (${count})`))
        .join(', '),
      changed,
    }));
    const cells = rows.map(({ attack, tried, answer, changed }) => [attack, `${tried}`, answer, `${changed}`]);
    process.stdout.write(`${table(title, ['attack', 'tried', 'answer', 'changed'], cells)}\n`);
    report(
      title,
      rows.map(({ tried }) => ({ tries: tried })),
    );
  }
}
