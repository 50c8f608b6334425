import { WriteDedupe } from '../../../src/store/people-and-conversations.ts';

/** Writes are let go by hand, so that two can be under way together. */
function open() {
  const clock = { ms: 0 };
  const last = new WriteDedupe(() => clock.ms);
  const written: string[] = [];
  const begin = (value: string, fails = false) => {
    let end = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    const done = last.write([{ key: 'k', value }], async () => {
      written.push(value);
      await gate;
      if (fails) throw new Error('the database is gone');
    });
    return { end, done };
  };
  const save = async (value: string) => {
    const { end, done } = begin(value);
    end();
    await done;
  };
  return { clock, last, written, begin, save };
}

it('believes for ten minutes what it wrote, for another replica may have written meanwhile', async () => {
  const { clock, written, save } = open();
  await save('a');
  clock.ms = 599_999;
  await save('a');
  expect(written).toEqual(['a']);
  clock.ms = 600_000;
  await save('a');
  expect(written).toEqual(['a', 'a']);
});

it('takes what failed for not written', async () => {
  const { written, begin, save } = open();
  const { end, done } = begin('a', true);
  end();
  await expect(done).rejects.toThrow('gone');
  await save('a');
  expect(written).toEqual(['a', 'a']);
});

it('knows of two values that were written together neither', async () => {
  const { written, begin, save } = open();
  const [a, b] = [begin('a'), begin('b')];
  b.end();
  await b.done;
  a.end();
  await a.done;
  await save('b');
  await save('b');
  expect(written).toEqual(['a', 'b', 'b']);
});

it('writes all that was said together where any of it is new', async () => {
  const { last, written } = open();
  const write = (chat: string) =>
    last.write(
      [
        { key: `chat ${chat}`, value: 'url' },
        { key: 'person', value: chat },
      ],
      async () => {
        written.push(chat);
      },
    );
  for (const chat of ['one', 'two', 'one', 'one']) await write(chat);
  expect(written).toEqual(['one', 'two', 'one']);
});
