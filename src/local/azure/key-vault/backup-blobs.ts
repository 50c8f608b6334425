import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { VaultKey } from '../state/schema-vaults.ts';

/** A whole key with all its versions, and where it may be restored: in the same subscription (Microsoft's page on backup). */
const Backup = z.object({ subscriptionId: z.string(), key: VaultKey });
export type Backup = z.infer<typeof Backup>;

const ivBytes = 12;
const tagBytes = 16;

/** Backups of keys, which nobody but this Azure can open: the secret belongs to the data folder. */
export class BackupBlobs {
  private readonly file: string;

  constructor(dataDir: string) {
    const folder = join(dataDir, 'azure');
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, 'backup-secret');
  }

  seal(backup: Backup): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.secret(), iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(backup), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** Null for what was not made here or was changed since. */
  open(blob: string): Backup | null {
    const bytes = Buffer.from(blob, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.secret(), bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
      return Backup.parse(JSON.parse(opened.toString('utf8')));
    } catch {
      return null;
    }
  }

  private secret(): Buffer {
    if (!existsSync(this.file)) writeFileSync(this.file, randomBytes(32).toString('base64'), { mode: 0o600 });
    return Buffer.from(readFileSync(this.file, 'utf8'), 'base64');
  }
}
