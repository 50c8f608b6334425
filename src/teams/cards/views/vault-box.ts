/** Who has control over the key, one row each. */
import type { Plan } from '../../../domain/plan.ts';
import { controllerWords, powersWords } from '../../../text/control.ts';
import { countOf } from '../../../text/count.ts';
import { grey, numberedRow, type Row } from '../data/row.ts';
import { plain } from '../plain-text.ts';

/** Returns a vault's address without scheme and trailing slash. */
export const vaultAddress = (uri: string): string => uri.replace(/^https:\/\//i, '').replace(/\/$/, '');

/** Maximum of rows. */
const mostListed = 14;

/** Returns each controller with their powers. */
export function controllerRows({ observation: { control } }: Plan): Row[] {
  const all = control?.controllers ?? [];
  const shown = all.length > mostListed ? all.slice(0, mostListed - 1) : all;
  const rest = all.length - shown.length;
  return [
    ...shown.map((one, index) => {
      const isNameless = one.type === 'app' && one.name === null;
      const name = isNameless ? 'App (name not readable)' : controllerWords(one);
      return numberedRow(index + 1, plain<string>(name), [
        grey(plain<string>(`Can ${powersWords(one.can)} the key.`)),
        ...(isNameless ? [grey(plain<string>(`Object ID ${one.id}`))] : []),
      ]);
    }),
    ...(rest === 0 ? [] : [numberedRow(all.length, plain(`and ${countOf(rest, 'other', 'others')}`))]),
  ];
}
