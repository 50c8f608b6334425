/** What a process that a test starts gets of the caller's environment. */
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** Where programs and the home folder are; and the clock (libfaketime), time zone and language that the suite runs with. */
const inherited = /^(PATH|HOME|LD_PRELOAD|(DONT_)?FAKE.*|TZ|LANG|LANGUAGE|LC_.*)$/;

/** Every child process takes these: a run with a moved clock moves the clock of each of them. */
export const surroundings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => inherited.test(name)));
