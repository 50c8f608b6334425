/** A client of PostgreSQL whose connection ends if a query isn't answered in time. */
import { Client, type ClientConfig } from 'pg';

interface ClientTools {
  /** The longest time to the answer of a query. Null: unlimited. Called when a query is sent. */
  readonly timeoutMs: () => number | null;
  /** Called with every error that the server returns. The driver also throws it to the caller. */
  readonly onError: (error: unknown) => void;
}

const hasOwnTimeout = (query: unknown): boolean =>
  typeof query === 'object' && query !== null && 'query_timeout' in query;

/**
 * Returns the class for a pool. Without a timeout, a server that disappears without closing its connections is noticed after about
 * 15 minutes, when the operating system stops sending again. The error here is the operating system's, so callers
 * retry, and the pool drops the connection. After the driver's own timeout, the pool gets a connection back while its query still runs. A query with the driver's field `query_timeout` has only that timeout.
 */
export function clientWithTimeout({ timeoutMs, onError }: ClientTools): typeof Client {
  return class extends Client {
    constructor(config?: string | ClientConfig) {
      super(config);
      this.connection.on('errorMessage', onError);
      const send = this.query.bind(this) as (...query: unknown[]) => unknown;
      let timer: NodeJS.Timeout | undefined;
      const stop = (): void => clearTimeout(timer);
      const start = (ms: number): void => {
        const error = new Error(`querying the database: no answer within ${ms} ms`);
        timer = setTimeout(() => this.connection.stream.destroy(Object.assign(error, { code: 'ETIMEDOUT' })), ms);
        timer.unref();
      };
      this.on('drain', stop);
      this.on('end', stop);
      this.query = ((...query: unknown[]) => {
        stop();
        const ms = timeoutMs();
        if (ms !== null && !hasOwnTimeout(query[0])) start(ms);
        return send(...query);
      }) as typeof this.query;
    }
  };
}
