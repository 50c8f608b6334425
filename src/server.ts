/** Production entry: the bot with `.env` in the working folder and the settings of its environment, which take precedence. */
import { runBot } from './bootstrap/run-bot.ts';

runBot(process.cwd());
