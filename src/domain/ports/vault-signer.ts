/** A Key Vault key that signs checkpoints. Its private half never leaves the vault. */
import type { Outcome } from '../failure.ts';

export interface SigningVersion {
  /** The key's address, including the version. */
  readonly id: string;
  /** The public half, as SubjectPublicKeyInfo in DER (RFC 5480). */
  readonly publicKey: Buffer;
}

export interface VaultSigner {
  /** The key's address as it was configured, with or without a version. */
  readonly address: string;
  /** Returns the current version. Fails if it isn't a P-256 key. Needs the permission to get the key. */
  version(): Promise<Outcome<SigningVersion>>;
  /** Signs the message's SHA-256 with ECDSA. Returns an `Ecdsa-Sig-Value` in DER (RFC 3279). Needs only the sign permission. */
  sign(version: SigningVersion, message: Uint8Array): Promise<Outcome<Buffer>>;
}
