/** What a setting is, and kinds of values that several of them have. */
import { z } from 'zod';
import type { VaultMatch } from '../../domain/policy/rules.ts';
import { isPrivate } from '../../domain/private-url.ts';

export interface Setting {
  /** What it can be. */
  readonly value: z.ZodType;
  /** One that is taken. */
  readonly example: string;
  /** One sentence, in Markdown, for docs/configuration.md and `.env.example`. Missing: said with the setting before. */
  readonly meaning?: string;
  /** Its line in `.env.example` is no comment: each bot has a value of its own. */
  readonly mustBeSet?: true;
}

export interface SettingGroup<S extends Readonly<Record<string, Setting>> = Readonly<Record<string, Setting>>> {
  readonly title: string;
  readonly settings: S;
}

type Shape<S extends Readonly<Record<string, Setting>>> = { readonly [Name in keyof S]: S[Name]['value'] };

/** What the settings of a group are read as. */
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

/** Where tokens and keys travel. */
export const privateUrl = z.string().refine(isPrivate, 'must be an https URL, or http on this machine');

/** Names and versions as "Azure Key Vault keys, secrets and certificates overview" has them. */
export const secretId = z
  .string()
  .regex(
    /^https:\/\/[^/?#@\s]+\/secrets\/[0-9a-zA-Z-]{1,127}(\/[0-9a-fA-F]{32})?$/,
    'must be the address of a secret, such as https://kv-cmk-bot.vault.azure.net/secrets/seal-key',
  );

export const vaultKeyId = z
  .string()
  .regex(
    /^https:\/\/[^/?#@\s]+\/keys\/[0-9a-zA-Z-]{1,127}(\/[0-9a-fA-F]{32})?$/,
    'must be the address of a key, such as https://kv-cmk-bot.vault.azure.net/keys/checkpoints',
  );

export const clientId = z.guid('must be a client ID as Microsoft Entra ID shows it, a GUID');

export const databaseUrl = z
  .string()
  .trim()
  .refine(
    (url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url),
    'must be an address such as postgres://USER@HOST/DATABASE?sslmode=verify-full; special characters in a password are percent-encoded',
  );

export const port = z.coerce.number().int().min(1).max(65_535);

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `72h`, `30m`, `7d`, `90s` to milliseconds. */
export const duration = z
  .string('must be a number and one of ms, s, m, h, d, such as 72h')
  .regex(/^[1-9]\d{0,5}(ms|s|m|h|d)$/, 'must be a number and one of ms, s, m, h, d, such as 72h')
  .transform((value) => Number.parseInt(value, 10) * (units[value.replace(/^\d+/, '')] ?? 0));

/** IDs of channels, as Teams has them: `19:…@thread.tacv2`. */
const channelId = /^19:[^\s/?#%]+@[\w.]+$/;

/** Percent-encoded, as in a link, it is the same ID. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The channel's ID in a link of Teams; null where it is none. */
const inLink = (text: string): string | null => {
  const part = /^https?:\/\/[^/]+\/l\/channel\/([^/?#]+)/i.exec(text)?.[1];
  const found = part === undefined ? null : decoded(part);
  return found !== null && channelId.test(found) ? found : null;
};

function wrong(text: string): string {
  const linked = inLink(text);
  if (linked !== null) return `is a link; set the ID of its channel, which is ${linked}`;
  return `must be the ID of a channel, such as 19:0a1b2c@thread.tacv2, not ${text}; cmk-bot setup --set takes a link to the channel`;
}

/** `none`: what else it can be. */
const channelOr = (none: string | null) =>
  z
    .string()
    .trim()
    .transform((text, context) => {
      const channel = decoded(text);
      if (text === none || channelId.test(channel)) return channel;
      context.addIssue({ code: 'custom', message: wrong(text) });
      return z.NEVER;
    });

export const channel = channelOr(null);
export const channelOrNone = channelOr('none');

/** `own/rg-keys/kv-*`: where a vault may lie, by subscription, group and name. */
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

/** One or more; left out, those of the resource's own subscription. */
export const vaultPlaces = z
  .string()
  .default('own/*/*')
  .transform((value) => value.split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(z.array(vaultPlace).min(1, 'is empty; permit a vault, or leave it out'));
