/**
 * What is asked for, or told, in the same turn of the event loop goes to the database as one statement. Several cards of a request,
 * and what else follows from an event, need the same rows at the same time, and a statement costs much more than a row. Nothing is
 * kept: what is asked for later is read anew.
 */

/** `carryOut` is given all that came together, in order; what comes of it is the answer to each who asked. */
export function together<Item, Answer>(
  carryOut: (items: readonly Item[]) => Promise<Answer>,
): (items: readonly Item[]) => Promise<Answer> {
  let gathering: { readonly items: Item[]; readonly answer: Promise<Answer> } | null = null;

  function begin(): { readonly items: Item[]; readonly answer: Promise<Answer> } {
    const items: Item[] = [];
    const turnEnds = new Promise<void>((resolve) => setImmediate(resolve));
    const answer = turnEnds.then(() => {
      gathering = null;
      return carryOut(items);
    });
    return { items, answer };
  }

  return (asked) => {
    gathering ??= begin();
    gathering.items.push(...asked);
    return gathering.answer;
  };
}
