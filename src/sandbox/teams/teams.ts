import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type BotLink, botLink } from './bot-link.ts';
import { Change, type Post } from './model.ts';
import { apply, emptyState, snapshot, type TeamsState } from './state.ts';

const fileName = 'journal.jsonl';
const Line = z.array(Change);

interface Journal {
  /** Writes the changes as one line, so that a kill leaves all of them or none. */
  append(changes: readonly Change[]): void;
  /** Replaces the file by a shorter one that folds to the same state. */
  rewrite(changes: readonly Change[]): void;
  /** Size in bytes when the journal was opened. */
  readonly openedWith: number;
}

/**
 * Opens the journal of a data folder and returns its changes. Cuts off a partial last line: that write was killed
 * before its answer.
 */
function openJournal(dataDir: string): { readonly journal: Journal; readonly changes: readonly Change[] } {
  const folder = join(dataDir, 'teams');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, fileName);
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(file, whole);
  const changes = readLines(bytes.subarray(0, whole).toString('utf8'), file);
  const toLine = (group: readonly Change[]) => `${JSON.stringify(group)}\n`;
  return {
    changes,
    journal: {
      openedWith: whole,
      append: (group) => appendFileSync(file, toLine(group), { mode: 0o600 }),
      rewrite: (all) => {
        writeFileSync(`${file}.new`, all.map((change) => toLine([change])).join(''), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      },
    },
  };
}

function readLines(text: string, file: string): Change[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line, index) => {
      try {
        return Line.parse(JSON.parse(line));
      } catch {
        throw new Error(`reading ${file}: line ${index + 1} is not a change; start with an empty data folder`);
      }
    });
}

/** A longer journal is compacted when it is opened. */
const longJournal = 16 * 1024 * 1024;

export interface LocalTeamsOptions {
  /** The journal is in `teams/` below it. */
  readonly dataDir: string;
  /** 0 uses a free port. */
  readonly port: number;
  /** The bot's messaging endpoint, for example `http://127.0.0.1:3978/api/messages`. */
  readonly botUrl: string;
  /** The bot's app ID. */
  readonly botId: string;
  readonly azureUrl?: string;
  readonly azureCaFile?: string;
  /** The app manifest whose command lists fill the `/` menu. */
  readonly manifestFile?: string;
}

/** The context that all parts of the Teams simulator share. */
export interface Teams {
  readonly options: LocalTeamsOptions;
  /** This server's address for the bot, set when it listens. */
  serviceUrl: string;
  readonly bot: { readonly id: string; readonly name: string };
  readonly botLink: BotLink;
  readonly state: TeamsState;
  readonly nextId: () => string;
  /** Stores the changes, then applies them. Nothing is answered before it is stored. */
  commit(changes: readonly Change[]): void;
  /** Calls the listener after each commit until the returned function is called. */
  onCommit(listener: (changes: readonly Change[]) => void): () => void;
}

const botName = 'CMK bot';

export function openTeams(options: LocalTeamsOptions): Teams {
  const { journal, changes } = openJournal(options.dataDir);
  const state = emptyState();
  for (const change of changes) apply(state, change);
  if (journal.openedWith > longJournal) journal.rewrite(snapshot(state));
  const listeners = new Set<(changes: readonly Change[]) => void>();
  return {
    options,
    serviceUrl: '',
    bot: { id: `28:${options.botId}`, name: botName },
    botLink: botLink(options.botUrl),
    state,
    nextId: messageIds([...state.posts.keys()].at(-1)),
    commit: (group) => {
      journal.append(group);
      for (const change of group) apply(state, change);
      for (const listener of listeners) listener(group);
    },
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Stores a new post; by default a message that everyone in its place sees. */
export function storePost(
  teams: Teams,
  post: Pick<Post, 'conversationId' | 'placeId' | 'author' | 'content'> & Partial<Post>,
): Post {
  const usual = { editedAt: null, replyToId: null, onlyFor: null, tone: 'message' } as const;
  const whole: Post = { id: post.id ?? teams.nextId(), at: new Date().toISOString(), ...usual, ...post };
  teams.commit([{ kind: 'posted', post: whole }]);
  return whole;
}

/** Returns message IDs as in Teams: milliseconds since 1970 as text. Unique and increasing, also across restarts. */
function messageIds(highestSoFar: string | undefined): () => string {
  let last = Number(highestSoFar ?? 0);
  return () => {
    last = Math.max(Date.now(), last + 1);
    return String(last);
  };
}
