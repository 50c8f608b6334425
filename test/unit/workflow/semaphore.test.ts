import { Semaphore } from '../../../src/workflow/run-plan.ts';

test('room for two: the third waits until one leaves or waits outside, who comes back behind it', async () => {
  const room = new Semaphore(2);
  const seen: string[] = [];
  const enter = (name: string) => room.enter().then(() => void seen.push(name));
  await Promise.all([enter('first'), enter('second')]);
  const third = enter('third');
  await Promise.resolve();
  expect(seen).toEqual(['first', 'second']);
  let end = (): void => undefined;
  const outside = room
    .outside(() => new Promise<void>((resolve) => (end = resolve)))
    .then(() => void seen.push('first again'));
  await third;
  const fourth = enter('fourth');
  end();
  await Promise.resolve();
  room.leave();
  await fourth;
  room.leave();
  await outside;
  expect(seen).toEqual(['first', 'second', 'third', 'fourth', 'first again']);
});

test('whoever waited outside in vain has their place again', async () => {
  const room = new Semaphore(1);
  await room.enter();
  await expect(room.outside(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  let entered = false;
  const next = room.enter().then(() => {
    entered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(entered).toBe(false);
  room.leave();
  await next;
});
