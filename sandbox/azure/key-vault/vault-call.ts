/** A call to a vault at its own address: its refusals, its rights, its body. */

import { z } from 'zod';
import { Refusal, reply } from '../../http.ts';
import type { AccessTrace } from '../http.ts';
import type { Caller } from '../identity/tokens.ts';
import type { Incoming } from '../incoming.ts';
import type { Vault } from '../state/vaults.ts';
import type { World } from '../world.ts';
import { actionOf, type KeyRight, mayUse, refusalText, type SecretRight, type Use } from './access.ts';

export interface VaultCall {
  readonly incoming: Incoming;
  readonly world: World;
  readonly vault: Vault;
  readonly caller: Caller;
  readonly now: Date;
  readonly trace: AccessTrace;
  /** The vault's address as the caller used it. */
  readonly base: string;
}

const requireUse = (call: VaultCall, use: Use & { readonly appId: string }): void => {
  const { world, vault, now } = call;
  if (!call.incoming.denied && mayUse(world.state, vault, use, now)) {
    if (vault.enableRbacAuthorization) call.trace.dataActions.add(actionOf(use));
    return;
  }
  throw new Refusal(reply(403, refusalText(world.state, vault, use)));
};

export const requireRight = (call: VaultCall, right: KeyRight, name: string): void =>
  requireUse(call, { ...call.caller, kind: 'keys', name, right });

export const requireSecretRight = (call: VaultCall, right: SecretRight, name: string): void =>
  requireUse(call, { ...call.caller, kind: 'secrets', name, right });

/** Key Vault's error envelope; `innererror` holds the cause. */
export const vaultRefusal = (
  status: number,
  code: string,
  message: string,
  inner?: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal => Refusal.of(status, code, message, inner === undefined ? {} : { innererror: { code: inner } }, headers);

export const badParameter = (message: string): Refusal => vaultRefusal(400, 'BadParameter', message);

export const Tags = z.record(z.string(), z.string()).optional();
export const Attributes = z.object({
  enabled: z.boolean().optional(),
  nbf: z.number().int().optional(),
  exp: z.number().int().optional(),
});

export const parseVaultBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw badParameter(`Invalid request body: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};
