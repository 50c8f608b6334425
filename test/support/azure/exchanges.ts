import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Exchange } from '../../../sandbox/azure/request-log.ts';

/** What local Azures recorded in a folder, in no order across them. Half a line was written by one that was killed. */
export function* exchangesIn(folder: string): Generator<Exchange> {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const exchange = line.endsWith('}') ? Exchange.safeParse(parsed(line)) : null;
      if (exchange?.success) yield exchange.data;
    }
  }
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};
