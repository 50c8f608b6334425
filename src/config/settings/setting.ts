import { z } from 'zod';
import type { VaultMatch } from '../../domain/policy/rules.ts';
import { isPrivate, percentDecoded } from '../../domain/strings.ts';

export interface Setting {
  readonly value: z.ZodType;
  readonly example: string;
  /** One sentence in Markdown, for docs/install/settings.md and `.env.example`. Missing: described with the setting before it. */
  readonly meaning?: string;
  /** True: not commented out in `.env.example`, because each bot needs its own value. */
  readonly mustBeSet?: true;
  readonly isSecret?: true;
}

export interface SettingGroup<S extends Readonly<Record<string, Setting>> = Readonly<Record<string, Setting>>> {
  readonly title: string;
  readonly settings: S;
}

type Shape<S extends Readonly<Record<string, Setting>>> = { readonly [Name in keyof S]: S[Name]['value'] };

export type Values<G extends SettingGroup> = z.infer<z.ZodObject<Shape<G['settings']>>>;

export const group = <S extends Readonly<Record<string, Setting>>>(title: string, settings: S): SettingGroup<S> => ({
  title,
  settings,
});

export const shapeOf = <S extends Readonly<Record<string, Setting>>>({ settings }: SettingGroup<S>): Shape<S> =>
  Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value])) as Shape<S>;

export const text = z.string().trim().min(1);
export const optional = text.optional();
export const list = z
  .string()
  .optional()
  .transform((value) => (value ?? '').split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(z.array(z.guid('must be a list of Entra ids, separated by commas')));

export const yes = z
  .enum(['', '0', '1', 'false', 'true'])
  .default('')
  .transform((value) => value === '1' || value === 'true');

export const privateUrl = z.string().refine(isPrivate, 'must be an https URL, or http on this machine');

/** Names and versions follow "Azure Key Vault keys, secrets and certificates overview". */
export const secretId = z
  .string()
  .regex(
    /^https:\/\/[^/?#@\s]+\/secrets\/[0-9a-zA-Z-]{1,127}(\/[0-9a-fA-F]{32})?$/,
    'must be the address of a secret, such as https://kv-cmk-bot.vault.azure.net/secrets/seal-key',
  );

export const clientId = z.guid('must be a client ID as Microsoft Entra ID shows it, a GUID');

const addressOf = (scheme: RegExp) =>
  z
    .string()
    .trim()
    .refine(
      (url) => scheme.test(url) && URL.canParse(url),
      'must be an address such as postgres://USER@HOST/DATABASE?sslmode=verify-full; special characters in a password are percent-encoded',
    );

export const databaseUrl = addressOf(/^postgres(ql)?:\/\//);

export const port = z.coerce.number().int().min(1).max(65_535);

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses `72h`, `30m`, `7d`, `90s` into milliseconds. */
export const duration = z
  .string('must be a number and one of ms, s, m, h, d, such as 72h')
  .regex(/^[1-9]\d{0,5}(ms|s|m|h|d)$/, 'must be a number and one of ms, s, m, h, d, such as 72h')
  .transform((value) => Number.parseInt(value, 10) * (units[value.replace(/^\d+/, '')] ?? 0));

/** Channel IDs as in Teams: `19:…@thread.tacv2`. */
const channelId = /^19:[^\s/?#%]+@[\w.]+$/;
const channelLink = /^https:\/\/[\w.-]+\/l\/channel\/([^/?#]+)/i;

/** The ID of a channel, or the link to it. `none`: an additional valid value. */
const channelOr = (none: string | null) =>
  z
    .string()
    .trim()
    .transform((text) => percentDecoded(channelLink.exec(text)?.[1] ?? text))
    .refine((text) => text === none || channelId.test(text), {
      error: ({ input }) =>
        `must be a channel’s ID, such as 19:0a1b2c@thread.tacv2, or the link that Teams gives for it, not ${input}`,
    });

export const channel = channelOr(null);
export const channelOrNone = channelOr('none');

/** Parses `own/rg-keys/kv-*`: permitted vaults by subscription, group and name. */
const vaultPlace = z
  .string()
  .regex(
    /^(own|\*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\/[^/\s]+\/[^/\s]+$/i,
    'must be a list of SUBSCRIPTION/GROUP/NAME, separated by commas: an id, own or * for the subscription, * for anything',
  )
  .transform((place): VaultMatch => {
    const [subscription = '', group = '', name = ''] = place.split('/');
    return {
      ...(subscription.toLowerCase() === 'own' ? {} : { subscriptions: [subscription] }),
      ...(group === '*' ? {} : { resourceGroups: [group] }),
      ...(name === '*' ? {} : { names: [name] }),
    };
  });

/** A list of these. Default: all vaults in the resource's own subscription. */
export const vaultPlaces = z
  .string()
  .default('own/*/*')
  .transform((value) => value.split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(z.array(vaultPlace).min(1, 'is empty; permit a vault, or leave it out'));
