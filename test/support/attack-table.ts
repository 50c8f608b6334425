/** What was tried against the bot, how often, what it answered, and what that changed: printed when a file is through. */
import { table } from './table.ts';

export class AttackTable {
  private readonly rows = new Map<string, { tried: number; readonly answers: Map<string, number>; changed: number }>();

  /** One try. `changed` counts what it stored or did beside its answer. */
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
    const rows = [...this.rows].map(([attack, { tried, answers, changed }]) => [
      attack,
      `${tried}`,
      [...answers]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([answer, count]) => (answers.size === 1 ? answer : `${answer} (${count})`))
        .join(', '),
      `${changed}`,
    ]);
    process.stdout.write(`${table(title, ['attack', 'tried', 'answer', 'changed'], rows)}\n`);
  }
}
