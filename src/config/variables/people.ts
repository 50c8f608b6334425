/** Variables of who may do what, and how strictly. */
import type { VariableGroup } from './variable.ts';

export const people: VariableGroup = {
  title: 'Who may do what, and how strictly',
  settings: [
    {
      names: {
        CMK_REQUESTERS: '60000000-0000-4000-8000-000000000001',
        CMK_APPROVERS: '60000000-0000-4000-8000-000000000002',
      },
      mustBeSet: true,
      meaning:
        'who can request changes, and who can approve them: Microsoft Entra ID group ids or object ids, separated by commas. An empty role has no members',
    },
    {
      names: { CMK_READERS: '60000000-0000-4000-8000-000000000003' },
      meaning:
        'groups or people who can only view requests, such as auditors. Requesters and approvers can view them without it',
    },
    {
      names: { CMK_OPERATORS: '60000000-0000-4000-8000-000000000004' },
      meaning:
        'groups or people to notify in Teams when a request needs attention. They can also view requests. Default: none',
    },
    {
      names: { CMK_ALLOW_GUESTS: 'true' },
      meaning: '`true`: guests of the tenant have the roles that they are named for. Default: `false`',
    },
    {
      names: { CMK_POLICY_FILE: '/etc/cmk-bot/policy.json' },
      meaning: 'policy file: JSON with [finer rules](#finer-rules). Default: none',
    },
    { names: { CMK_APPROVALS_REQUIRED: '2' }, meaning: 'how many people must approve a request. Default: 1' },
    {
      names: { CMK_VAULTS: 'own/rg-keys/*' },
      meaning:
        "vaults that a key can be in, as `SUBSCRIPTION/GROUP/NAME`: `*` for anything, `own` for the agent's subscription. Default: `own/*/*`",
    },
    {
      names: { CMK_REQUIRE_NEW_KEY: 'true' },
      meaning: '`true`: only keys and versions that the request creates. Default: `false`',
    },
    {
      names: { CMK_APPROVAL_EXPIRY: '72h' },
      meaning:
        'how long a request waits for approval before it expires. An approval is valid as long again, from when it was given or from the scheduled start. Default: `72h`',
    },
    {
      names: { CMK_STEP_UP: 'c1' },
      meaning:
        'authentication context, such as `c1`, for which an approver must [sign in again to approve](step-up.md). Default: off',
    },
    { names: { CMK_STEP_UP_MAX_AGE: '10m' }, meaning: 'how old that sign-in can be. Default: `10m`' },
    {
      names: {
        CMK_STEP_UP_APP_ID: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d33',
        CMK_STEP_UP_APP_SECRET: 'what-entra-showed-once',
      },
      meaning: "the app that approvers sign in to. Default: the bot's own",
    },
    {
      names: { CMK_PUBLIC_URL: 'https://cmk-bot.example.org' },
      meaning:
        "the bot's `https` address for browsers and Bot Framework. Required by `CMK_STEP_UP`; `cmk-bot doctor` checks it. Default: none",
    },
  ],
};
