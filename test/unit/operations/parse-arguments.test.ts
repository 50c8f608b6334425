import { parseArguments } from '../../../src/operations/commands/command.ts';

const takes = ['resource', 'vault', 'key'];
const read = (args: Record<string, string>, ...words: readonly string[]) => parseArguments({ args, words }, takes);

it('a name with nothing behind it answers nothing', () => expect(read({ resource: ' ', key: '' })).toEqual({}));

it('a second name is said: nobody knows which was meant', () => {
  expect(read({ resource: 'ward' }, 'triage', 'please')).toMatchObject({ fact: '“triage” “please”' });
});
