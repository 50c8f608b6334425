/** What came of each kill, printed when a file of crash tests is through. */
export class OutcomeTable {
  private readonly rows: string[][] = [];

  add(...cells: string[]): void {
    this.rows.push(cells);
  }

  print(title: string, columns: readonly string[]): void {
    const all = [columns, ...this.rows];
    const widths = columns.map((_, n) => Math.max(...all.map((row) => (row[n] ?? '').length)));
    const lines = all.map(
      (row) =>
        `  ${columns
          .map((_, n) => (row[n] ?? '').padEnd(widths[n] ?? 0))
          .join('   ')
          .trimEnd()}`,
    );
    process.stdout.write(`\n${title}\n${lines.join('\n')}\n\n`);
  }
}
