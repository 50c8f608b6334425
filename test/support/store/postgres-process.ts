/**
 * The PostgreSQL server of a run of the tests. Arguments: the file that tells its address, or why there is none, and the process
 * of jest, with which it ends, whatever ended that.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { startPostgres } from './postgres.ts';

const [, , file = '', jest = ''] = process.argv;
const tell = (what: object): void => {
  // Whoever finds the file finds all of it.
  writeFileSync(`${file}.new`, JSON.stringify(what));
  renameSync(`${file}.new`, file);
};
const isGone = (): boolean => {
  try {
    return !process.kill(Number(jest), 0);
  } catch {
    return true;
  }
};
try {
  const { url, readyUrl, stop } = await startPostgres({ settings: ['max_connections=600'] });
  const end = async (): Promise<void> => {
    clearInterval(watch);
    await stop();
    process.exit(0);
  };
  const watch = setInterval(() => void (isGone() && end()), 500);
  process.on('SIGTERM', end).on('SIGINT', end);
  tell({ url, readyUrl });
} catch (error) {
  tell({ error: String(error) });
}
