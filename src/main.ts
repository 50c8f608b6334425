/** Starts the bot with the settings of its environment and no others: for the sandbox, which sets all of them, and for tests. */
import { runBot } from './bootstrap/run-bot.ts';

runBot(null);
