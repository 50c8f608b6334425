import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** A row of `AZKVAuditLogs`: the supported columns, with names and types of the Azure Monitor Logs reference. */
export const LogRow = z.object({
  TimeGenerated: z.string(),
  _ResourceId: z.string(),
  OperationName: z.string(),
  /** Also `Success` for refusals, as reported of the real log. */
  ResultType: z.string(),
  ResultSignature: z.string(),
  HttpStatusCode: z.number(),
  Id: z.string(),
  RequestUri: z.string(),
  CallerIpAddress: z.string(),
  Identity: z.object({ claim: z.record(z.string(), z.string()) }),
  AppliedAssignmentId: z.string(),
  IsRbacAuthorized: z.boolean().nullable(),
  IsAccessPolicyMatch: z.boolean().nullable(),
  TrustedService: z.string(),
});
export type LogRow = z.infer<typeof LogRow>;

/** The vaults' log, oldest row first. It has its own file, because the state file is rewritten at every call. */
export class VaultLog {
  private readonly file: string;
  private rows: LogRow[];

  constructor(dataDir: string) {
    const folder = join(dataDir, 'azure');
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, 'vault-log.jsonl');
    this.rows = existsSync(this.file) ? readRows(readFileSync(this.file, 'utf8')) : [];
    if (this.rows.length > 0) appendFileSync(this.file, '\n');
  }

  get isEmpty(): boolean {
    return this.rows.length === 0;
  }

  append(rows: readonly LogRow[]): void {
    if (rows.length === 0) return;
    this.rows.push(...rows);
    appendFileSync(this.file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 });
  }

  /** Removes rows of identities that a replaced state doesn't have. */
  forgetStrangers(known: ReadonlySet<string>): void {
    this.rows = this.rows.filter(({ Identity }) => known.has(Identity.claim.oid ?? ''));
    writeFileSync(this.file, this.rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 });
  }

  all(): readonly LogRow[] {
    return this.rows;
  }
}

/** Skips unreadable lines: a killed process can leave a partial line. */
const readRows = (text: string): LogRow[] =>
  text.split('\n').flatMap((line) => {
    try {
      const parsed = LogRow.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
