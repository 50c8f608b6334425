/** A key of a vault that signs checkpoints: its private half never leaves the vault. */
import type { Outcome } from '../failure.ts';

export interface SigningVersion {
  /** The key's address with the version. */
  readonly id: string;
  /** The public half, as SubjectPublicKeyInfo in DER (RFC 5480). */
  readonly publicKey: Buffer;
}

export interface VaultSigner {
  /** The key's address as it was configured, with or without a version. */
  readonly address: string;
  /** The version that signs now. Fails where the key is no P-256 key. Takes the right to get the key. */
  version(): Promise<Outcome<SigningVersion>>;
  /** ECDSA over the message's SHA-256, as `Ecdsa-Sig-Value` in DER (RFC 3279). Takes the right to sign, and no other. */
  sign(version: SigningVersion, message: Uint8Array): Promise<Outcome<Buffer>>;
}
