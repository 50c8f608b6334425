/** Whether an error says that the database is away, or that it takes nothing: nothing of ours is wrong, and it passes. */
import { z } from 'zod';

const Coded = z.object({ code: z.string() });

/** Of PostgreSQL: connections, read only, nothing left (disk, memory, connections), ended by an operator, input and output. */
const states = /^(08|25006|53|57P|58)/;
const ofTheWay = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];
const ofTheDisk = ['ENOSPC', 'EROFS', 'EDQUOT', 'EIO'];
/** Where the driver gives no code. */
const words = /Connection terminated|is not queryable|timeout exceeded when trying to connect|Query read timeout/;

/** Only for what the store threw: a connection to somewhere else may be refused too. */
export function isNotStoring(error: unknown): boolean {
  const code = Coded.safeParse(error).data?.code;
  if (code !== undefined) return states.test(code) || ofTheWay.includes(code) || ofTheDisk.includes(code);
  return error instanceof Error && words.test(error.message);
}
