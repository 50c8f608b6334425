/** How two cards differ, where so little does that showing both in full would hide it. */

/** Lengths of the longest common subsequences of what follows each pair of lines. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = table[i];
      if (row !== undefined) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return table;
}

/** Lines that went with `-` and that came with `+`, each run under the line that stands before it. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const [a, b] = [before, after].map((lines) => lines.filter((line) => line !== '')) as [string[], string[]];
  const table = commonLengths(a, b);
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  const out: string[] = [];
  let context = '';
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      context = `  ${a[i]}`;
      i++;
      j++;
      continue;
    }
    if (context !== '') out.push(context);
    context = '';
    const goes = j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1));
    out.push(goes ? `- ${a[i++]}` : `+ ${b[j++]}`);
  }
  return out;
}
