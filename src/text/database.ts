/** Advice for database errors, with the setting to check. */

/** An error of the driver or the server. */
export interface DatabaseFault {
  /** SQLSTATE, or the code of the system error; null if there is none. */
  readonly code: string | null;
  readonly message: string;
}

const ofNetwork = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'];

/** SQLSTATEs: PostgreSQL's appendix "Error Codes". `variable`: the setting with the address. */
export function databaseAdvice({ code, message }: DatabaseFault, variable: string): string {
  if (code === '3D000') return `Correct the database’s name in ${variable}, or create the database.`;
  if (code === '28P01' || code === '28000') return `Correct the user and the password in ${variable}.`;
  if (code === '42501') return `The user in ${variable} lacks a permission: check its name and the database’s.`;
  if (code === '53300') return 'The server has no connection left: raise max_connections, or end other programs.';
  if (code === '57P03') return 'The server is starting or stopping: wait, and try again.';
  if (ofNetwork.includes(code ?? '') || /timeout/i.test(message)) {
    return `Check host and port in ${variable}, the network and the server’s firewall.`;
  }
  if (/SSL|TLS|certificate|self.signed/i.test(`${code} ${message}`)) {
    return `Check sslmode and sslrootcert in ${variable}, and the server’s certificate.`;
  }
  return `Check ${variable}.`;
}

/** For an owner's address that names another database. */
export const otherDatabaseWords = (owner: string, own: string): string =>
  `CMK_DATABASE_OWNER_URL: ${owner} is another database than ${own} in DATABASE_URL. Set both to the same database, each with its own user.`;

export const ownerUserAdvice =
  'Name the user that owns the database and its tables, or set CMK_DATABASE_OWNER_URL to it.';
