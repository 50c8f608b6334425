import { z } from 'zod';
import { duration, group, list, optional, type Values, vaultPlaces, yes } from './setting.ts';
import type { teamsSettings } from './teams.ts';

export const peopleSettings = group('Roles and the approval policy', {
  CMK_REQUESTERS: {
    value: list,
    example: '60000000-0000-4000-8000-000000000001',
    meaning: 'who can request, and who can approve: object IDs of Entra groups or people, separated by commas',
    mustBeSet: true,
  },
  CMK_APPROVERS: { value: list, example: '60000000-0000-4000-8000-000000000002', mustBeSet: true },
  CMK_READERS: {
    value: list,
    example: '60000000-0000-4000-8000-000000000003',
    meaning: 'who can only view requests, such as auditors. Default: none',
  },
  CMK_OPERATORS: {
    value: list,
    example: '60000000-0000-4000-8000-000000000004',
    meaning:
      'who is notified, also at night, when a request needs attention or a key changes. They can view requests, and retry, stop or end a run. Default: the approvers are notified',
    mustBeSet: true,
  },
  CMK_ALLOW_GUESTS: {
    value: yes,
    example: 'true',
    meaning: '`true` lets guests of the tenant have roles. Default: `false`',
  },
  CMK_POLICY_FILE: {
    value: optional,
    example: '/etc/cmk-bot/policy.json',
    meaning:
      'policy file: JSON with [finer rules](set-the-approval-policy.md#set-rules-for-some-agents). Default: none',
  },
  CMK_APPROVALS_REQUIRED: {
    value: z.coerce.number().int().min(1).max(10).default(1),
    example: '2',
    meaning: 'how many people must approve a request. Default: 1',
  },
  CMK_VAULTS: {
    value: vaultPlaces,
    example: 'own/rg-keys/*',
    meaning:
      "allowed vaults, as `SUBSCRIPTION/GROUP/NAME`: `*` is anything, `own` the resource's subscription. Default: `own/*/*`",
  },
  CMK_REQUIRE_NEW_KEY: {
    value: yes,
    example: 'true',
    meaning: '`true` permits only keys and versions that the request creates. Default: `false`',
  },
  CMK_APPROVAL_EXPIRY: {
    value: duration.default(72 * 3_600_000),
    example: '72h',
    meaning:
      'how long a request waits for approval. An approval is valid as long again, from when it was given or from the scheduled start. Default: `72h`',
  },
  CMK_ESCALATE_TO: {
    value: list,
    example: '60000000-0000-4000-8000-000000000005',
    meaning: 'approvers to notify again (group or object IDs), and after how long without a decision. Default: none',
  },
  CMK_ESCALATE_AFTER: { value: duration.optional(), example: '24h' },
  CMK_STEP_UP: {
    value: z
      .string()
      .regex(/^c[1-9]\d?$/, 'must be the id of an authentication context, such as c1')
      .optional(),
    example: 'c1',
    meaning: 'authentication context for [signing in again to approve](require-sign-in.md). Default: off',
  },
  CMK_STEP_UP_MAX_AGE: {
    value: duration.default(10 * 60_000),
    example: '10m',
    meaning: 'how old that sign-in can be. Default: `10m`',
  },
  CMK_STEP_UP_APP_ID: {
    value: z.guid('must be an app id such as Entra shows it').optional(),
    example: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d33',
    meaning: "the app that approvers sign in to. Default: the bot's own",
  },
  CMK_STEP_UP_APP_SECRET: { value: optional, example: 'what-entra-showed-once', isSecret: true },
  CMK_PUBLIC_URL: {
    value: z
      .string()
      .regex(/^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/, 'must be an address such as https://bot.example.org')
      .refine(
        (url) => !/^https?:\/\/[^/]*@/.test(url),
        'must have no user name and no password: browsers and cards show it',
      )
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    example: 'https://cmk-bot.example.org',
    meaning: "the bot's public `https` address. Required by `CMK_STEP_UP`. Default: none",
  },
});

type Env = Values<typeof peopleSettings>;

/** The last policy rule, for resources that no rule of the policy file matches. */
export const rulesFrom = (env: Env) => ({
  requesters: env.CMK_REQUESTERS,
  approvers: env.CMK_APPROVERS,
  approvalsRequired: env.CMK_APPROVALS_REQUIRED,
  expiryMs: env.CMK_APPROVAL_EXPIRY,
  extraApprovalForIrreversible: false,
  vaults: env.CMK_VAULTS,
  requireNewKey: env.CMK_REQUIRE_NEW_KEY,
});

export const stepUpRuleFrom = ({ CMK_STEP_UP: context, CMK_STEP_UP_MAX_AGE: maxAgeMs }: Env) =>
  context === undefined ? null : { context, maxAgeMs };

/** Uses the bot's own app, unless another app ID and secret are set. */
export function stepUpFrom(env: Env & Values<typeof teamsSettings>) {
  const { CMK_STEP_UP: context, CMK_STEP_UP_MAX_AGE: maxAgeMs, CMK_PUBLIC_URL: publicUrl = '' } = env;
  if (context === undefined) return null;
  const { CMK_STEP_UP_APP_ID: appId = env.MicrosoftAppId, CMK_STEP_UP_APP_SECRET: secret = env.MicrosoftAppPassword } =
    env;
  return { context, maxAgeMs, appId: appId?.toLowerCase() ?? '', appSecret: secret ?? '', publicUrl };
}
