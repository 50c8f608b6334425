/** Settings of the audit log: its database, its seals, and where it is published. */
import { z } from 'zod';
import { isPrivate } from '../../domain/strings.ts';
import { type KeyPlace, keyPlace } from '../place.ts';
import { databaseUrl, duration, group, optional, secretId, type Values } from './setting.ts';
import type { teamsSettings } from './teams.ts';

export const auditLogSettings = group('The audit log', {
  DATABASE_URL: {
    value: databaseUrl.optional(),
    example: 'postgres://cmk_bot@cmk-pg.postgres.database.azure.com/cmkbot?sslmode=verify-full',
    meaning: 'PostgreSQL database: `postgres://USER@HOST/DATABASE?sslmode=verify-full`',
    mustBeSet: true,
    isSecret: true,
  },
  CMK_DATABASE_OWNER_URL: {
    value: databaseUrl.optional(),
    example: 'postgres://cmk_owner@cmk-pg.postgres.database.azure.com/cmkbot?sslmode=verify-full',
    meaning:
      'the same database with its owner role, for migrations. The user in `DATABASE_URL` then needs only permission to connect, and can’t change events. Default: none',
    isSecret: true,
  },
  CMK_DATABASE_SIGN_IN: {
    value: z.enum(['password', 'entra']).default('password'),
    example: 'entra',
    meaning:
      "with `entra`, the bot's identity signs in to the database; the address has a user and no password. Default: `password`",
  },
  CMK_DATABASE_OWNER_CLIENT_ID: {
    value: z.guid().optional(),
    example: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d32',
    meaning: "with `entra`, the managed identity that owns the tables. Default: the bot's own",
  },
  CMK_SEAL_KEY_FILE: {
    value: optional,
    example: '/run/secrets/seal.key',
    meaning:
      'file with the seal key, which only the bot’s user can read: one key per line, in base64, the newest last. Required, or `CMK_SEAL_KEY_SECRET`',
    mustBeSet: true,
  },
  CMK_SEAL_KEY_SECRET: {
    value: secretId.optional(),
    example: 'https://kv-cmk-bot.vault.azure.net/secrets/seal-key',
    meaning:
      "a vault's secret with the same lines, in place of that file: `https://VAULT/secrets/NAME`, or with `/VERSION`. Read at each start",
  },
  // Names follow "Naming and referencing containers, blobs, and metadata".
  CMK_ANCHOR: {
    value: z
      .string()
      .trim()
      .regex(
        /^(?!https?:)[^\s].*$|^https:\/\/[^/?#@\s]+(\/[^/?#@\s]+)?\/[a-z0-9](-?[a-z0-9]){2,62}\/?$/,
        'must be a folder, a container such as https://stcmkbot.blob.core.windows.net/anchor, or none',
      )
      .optional(),
    example: '/mnt/anchor',
    meaning:
      'where the audit log is [published](../audit/publish-and-witness.md): a folder, a storage container (`https://ACCOUNT.blob.core.windows.net/CONTAINER`), or `none`. Default: `none`',
  },
  // The name is used in lines between spaces and plus signs (C2SP signed-note).
  CMK_LOG_NAME: {
    value: z
      .string()
      .regex(
        /^[^\s+\p{Cc}]{1,200}$/u,
        'must be a name without spaces or plus signs, such as cmk-bot.example.org/prod/audit',
      )
      .optional(),
    example: 'cmk-bot.example.org/prod/audit',
    meaning:
      'name of the published log. It can’t be changed, and no other log can have it. Default: `cmk-bot/TENANT/audit`',
  },
  CMK_LOG_KEY_FILE: {
    value: optional,
    example: '/run/secrets/log.key',
    meaning: 'file with the log signing key, as for `CMK_SEAL_KEY_FILE`. Required with `CMK_ANCHOR`',
  },
  CMK_LOG_KEY_SECRET: {
    value: secretId.optional(),
    example: 'https://kv-cmk-bot.vault.azure.net/secrets/log-key',
    meaning: "a vault's secret in place of that file, as for `CMK_SEAL_KEY_SECRET`",
  },
  CMK_WITNESSES: {
    value: z
      .string()
      .default('')
      .transform((value) =>
        value
          .split(/[,\n]/)
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      )
      .pipe(
        z.array(
          z
            .string()
            .regex(
              /^https?:\/\/\S+ \S+$/,
              'must be address and verifier key of each witness, with a space between and commas behind',
            )
            .refine(
              (part) => isPrivate(part.split(' ')[0] ?? ''),
              'must name addresses with https. Anyone between could answer for a witness over http, which is for this machine only',
            )
            .transform((part) => ({
              url: part.split(' ')[0]?.replace(/\/+$/, '') ?? '',
              key: part.split(' ')[1] ?? '',
            })),
        ),
      ),
    example:
      'https://witness.audit.example.org witness.audit.example.org/w1+4e689e2d+BAWHTO2Rpp5Qa2t+bvx8jSWCyVorxU+BgF/h7J9q4Mo/',
    meaning:
      '[witnesses](../audit/publish-and-witness.md#add-a-witness) of the published log, separated by commas: `https` address, space, verifier key. Default: none',
  },
  CMK_WITNESSES_NEEDED: {
    value: z.coerce.number().int().min(1).optional(),
    example: '1',
    meaning: 'how many witnesses must sign a checkpoint. Runs wait for that. Default: all',
  },
  CMK_CHECKPOINT_EVERY: {
    value: duration.default(60_000),
    example: '1m',
    meaning: 'how often new events are published. Default: `1m`. Alerts on witnesses need at most `1h`',
  },
});

type Env = Values<typeof auditLogSettings>;

/** A folder, or the address of a blob container. */
export type AnchorPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'container'; readonly url: string };

export interface AnchorSettings {
  readonly place: AnchorPlace;
  /** The log's name. It's unique and never changes. */
  readonly name: string;
  readonly key: KeyPlace;
  readonly everyMs: number;
  /** Witnesses that are asked to cosign checkpoints: address without a final slash, and verifier key. */
  readonly witnesses: readonly { readonly url: string; readonly key: string }[];
  readonly witnessesNeeded: number;
}

export const sealsFrom = (env: Env) => ({
  key: keyPlace({ file: env.CMK_SEAL_KEY_FILE, secret: env.CMK_SEAL_KEY_SECRET }),
});

export function anchorFrom(
  env: Env & Pick<Values<typeof teamsSettings>, 'MicrosoftAppTenantId'>,
): AnchorSettings | null {
  const { CMK_ANCHOR: named = 'none', CMK_LOG_NAME: name = `cmk-bot/${env.MicrosoftAppTenantId}/audit` } = env;
  if (named === 'none') return null;
  const key = keyPlace({ file: env.CMK_LOG_KEY_FILE, secret: env.CMK_LOG_KEY_SECRET });
  const place: AnchorPlace = /^https:/.test(named)
    ? { kind: 'container', url: named.replace(/\/+$/, '') }
    : { kind: 'folder', folder: named };
  const { CMK_WITNESSES: witnesses, CMK_WITNESSES_NEEDED: witnessesNeeded = witnesses.length } = env;
  const { CMK_CHECKPOINT_EVERY: everyMs } = env;
  return { place, name, key, everyMs, witnesses, witnessesNeeded };
}
