import { type Leave, openTurnstile } from '../../../../src/teams/edge/turnstile.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Enters for everybody in turn, and tells who was let in so far. */
async function crowd(atOnce: number, mostWaiting: number, people: readonly string[]) {
  const turnstile = openTurnstile({ atOnce, mostWaiting });
  const inside: string[] = [];
  const turnedAway: string[] = [];
  const leaves: Leave[] = [];
  for (const person of people) {
    void turnstile.enter(person).then((leave) => {
      if (leave === null) return turnedAway.push(person);
      leaves.push(leave);
      return inside.push(person);
    });
  }
  await settled();
  const leave = async () => {
    leaves.shift()?.();
    await settled();
  };
  return { inside, turnedAway, leave, leaves };
}

it('lets in as many as it says, and the next when one leaves', async () => {
  const { inside, leave } = await crowd(2, 10, ['a', 'b', 'c', 'd']);
  expect(inside).toEqual(['a', 'b']);
  await leave();
  expect(inside).toEqual(['a', 'b', 'c']);
});

it('does not let the many of one person go before the first of another', async () => {
  const { inside, leave } = await crowd(1, 10, ['a', 'a', 'a', 'a', 'b', 'c']);
  for (let n = 0; n < 5; n += 1) await leave();
  expect(inside).toEqual(['a', 'a', 'b', 'c', 'a', 'a']);
});

it('turns away who would wait too long', async () => {
  const { inside, turnedAway } = await crowd(1, 2, ['a', 'a', 'b', 'c']);
  expect({ inside, turnedAway }).toEqual({ inside: ['a'], turnedAway: ['c'] });
});

it('counts one who leaves twice once', async () => {
  const { inside, leaves } = await crowd(1, 10, ['a', 'b', 'c']);
  const [first] = leaves;
  first?.();
  first?.();
  await settled();
  expect(inside).toEqual(['a', 'b']);
});

it('is free again when everybody has left', async () => {
  const turnstile = openTurnstile({ atOnce: 1, mostWaiting: 0 });
  for (let n = 0; n < 3; n += 1) {
    const leave = await turnstile.enter('a');
    expect(leave).not.toBeNull();
    leave?.();
  }
});
