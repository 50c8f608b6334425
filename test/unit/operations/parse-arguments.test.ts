import { parseArguments } from '../../../src/operations/commands/command.ts';

const takes = ['resource', 'vault', 'key'];
const read = (args: Record<string, string>, ...words: readonly string[]) => parseArguments({ args, words }, takes);

it('agent=, resource= and a bare name mean the same', () => {
  expect(read({ agent: 'ward' })).toEqual({ resource: 'ward' });
  expect(read({ resource: 'ward' })).toEqual({ resource: 'ward' });
  expect(read({ vault: 'kv' }, 'ward')).toEqual({ resource: 'ward', vault: 'kv' });
});

it('a name with nothing behind it answers nothing', () => expect(read({ resource: ' ', key: '' })).toEqual({}));

it('what it does not take is said, with what it takes', () => {
  expect(read({ volt: 'kv' }, 'ward')).toEqual({
    kind: 'refused',
    code: 'not-understood',
    fact: '“volt=”',
    near: 'resource=, vault=, key=',
  });
});

it('a second name is said: nobody knows which was meant', () => {
  expect(read({ resource: 'ward' }, 'triage', 'please')).toMatchObject({ fact: '“triage” “please”' });
});
