import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { commands } from '../../src/operations/commands/registry.ts';

/** What Teams offers when somebody types a slash, against what the bot understands. */
const Manifest = z.object({
  bots: z
    .array(
      z.object({
        scopes: z.array(z.string()),
        commandLists: z.array(
          z.object({
            scopes: z.array(z.string()),
            triggers: z.array(z.string()),
            commands: z.array(z.object({ title: z.string(), description: z.string() })),
          }),
        ),
      }),
    )
    .length(1),
});
const file = new URL('../../manifest/manifest.json', import.meta.url);
const [bot] = Manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).bots;
const lists = bot?.commandLists ?? [];
const offered = lists.flatMap((list) => list.commands);

it('offers every command with the description of the help card, and no other', () => {
  const understood = commands.map(({ name, description }) => ({ title: name.slice(1), description }));
  expect(offered).toEqual(understood);
});

it('offers them wherever the bot is, by slash and by mention', () => {
  for (const { scopes, triggers } of lists) {
    expect([...scopes].sort()).toEqual([...(bot?.scopes ?? [])].sort());
    expect([...triggers].sort()).toEqual(['mention', 'slash']);
  }
});

it('keeps to the lengths that Teams shows: 32 characters a title, 128 a description, ten commands a list', () => {
  expect(offered.filter(({ title, description }) => title.length > 32 || description.length > 128)).toEqual([]);
  expect(lists.every((list) => list.commands.length <= 10)).toBe(true);
});

describe.each(commands)('$name', ({ name, usage, description }) => {
  it('is written in lower case with a slash, and its usage starts with it', () => {
    expect(name).toMatch(/^\/[a-z]+(-[a-z]+)*$/);
    expect(usage.split(' ')[0]).toBe(name);
    expect(description).not.toMatch(/[.!]$/);
  });
});
