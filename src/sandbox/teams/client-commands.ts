import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { ok, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

const Manifest = z.object({
  bots: z.array(
    z.object({
      commandLists: z
        .array(z.object({ commands: z.array(z.object({ title: z.string(), description: z.string().default('') })) }))
        .default([]),
    }),
  ),
});

/** `GET /client/commands`: what the `/` menu offers, from the app manifest as Teams would read it; empty without one. */
export function clientCommands(teams: Teams): Route {
  return route('GET', '/client/commands', () => ok(commandsOf(teams.options.manifestFile)));
}

function commandsOf(file: string | undefined): { title: string; description: string }[] {
  if (file === undefined || !existsSync(file)) return [];
  const manifest = Manifest.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!manifest.success) throw new Error(`reading ${file}: not an app manifest`);
  const all = manifest.data.bots.flatMap((bot) => bot.commandLists.flatMap((list) => list.commands));
  const once = new Map(all.map(({ title, description }) => [slash(title), description]));
  return [...once].map(([title, description]) => ({ title, description }));
}

/** Teams shows slash commands with their slash, whether the manifest's title has one or not. */
const slash = (title: string): string => (title.startsWith('/') ? title : `/${title}`);
