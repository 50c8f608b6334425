import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type JWK } from 'jose';

/** What tokens are signed with, and what is published of it. */
interface Key {
  readonly privateKey: CryptoKey;
  readonly kid: string;
  readonly jwk: JWK;
}

/**
 * The tenant's one signing key, for tokens of people and of applications. It belongs to the data folder, so tokens survive a
 * restart, and is made when first needed, because that takes a moment.
 */
export class SigningKey {
  private readonly file: string;
  private key: Promise<Key> | null = null;

  constructor(dataDir: string) {
    const folder = join(dataDir, 'azure');
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, 'sign-in-key.pem');
  }

  /** As Entra's keys endpoint publishes it. */
  async published(): Promise<{ readonly keys: readonly JWK[] }> {
    return { keys: [(await this.loaded()).jwk] };
  }

  loaded(): Promise<Key> {
    this.key ??= this.load();
    return this.key;
  }

  private async load(): Promise<Key> {
    if (!existsSync(this.file)) {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true });
      writeFileSync(this.file, await exportPKCS8(privateKey), { mode: 0o600 });
    }
    const privateKey = await importPKCS8(readFileSync(this.file, 'utf8'), 'RS256', { extractable: true });
    const { n = '', e = '' } = await exportJWK(privateKey);
    const kid = createHash('sha256').update(n).digest('base64url');
    return { privateKey, kid, jwk: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e } };
  }
}
