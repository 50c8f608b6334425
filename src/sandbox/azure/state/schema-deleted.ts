import { z } from 'zod';
import { KeyVaultProperties } from './schema-agents.ts';
import { IsoDate } from './schema-directory.ts';
import { Vault } from './schema-vaults.ts';

/** A vault that can be had back, with its keys, until its retention ends. */
export const DeletedVault = z.object({ vault: Vault, deletedAt: IsoDate });
export type DeletedVault = z.infer<typeof DeletedVault>;

/** An agent that was deleted while its data was under a customer's key. */
export const LostData = z.object({ agentId: z.string(), at: IsoDate, key: KeyVaultProperties });
