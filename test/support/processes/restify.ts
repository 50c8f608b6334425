/** For suites that run a restify server: it replaces `writeHead` for all servers of the process, and returns nothing. */
import { ServerResponse } from 'node:http';
import 'restify';

const { writeHead } = ServerResponse.prototype;
/** As Node's own, it returns the response. Suites that run later in this process rely on it. */
ServerResponse.prototype.writeHead = function (this: ServerResponse, ...given: Parameters<typeof writeHead>) {
  writeHead.apply(this, given);
  return this;
} as typeof writeHead;
