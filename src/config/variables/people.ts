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
      meaning: 'Entra group ids or object ids; empty means nobody',
    },
    {
      names: { CMK_READERS: '60000000-0000-4000-8000-000000000003' },
      meaning:
        'the same of those who may look and do nothing, such as auditors; requesters and approvers may look without it, nobody else can',
    },
    {
      names: { CMK_OPERATORS: '60000000-0000-4000-8000-000000000004' },
      meaning: 'the same of those who are called when a request needs attention; they may look, too. Nobody unless set',
    },
    {
      names: { CMK_ALLOW_GUESTS: 'true' },
      meaning: '`true`: guests of the tenant count like members where they are named; refused unless set',
    },
    {
      names: { CMK_POLICY_FILE: '/etc/cmk-bot/policy.json' },
      meaning: 'JSON file with [finer rules](#finer-rules)',
    },
    { names: { CMK_APPROVALS_REQUIRED: '2' }, meaning: '1 unless set' },
    {
      names: { CMK_VAULTS: 'own/rg-keys/*' },
      meaning:
        "vaults that a key may lie in, as `SUBSCRIPTION/GROUP/NAME`, `*` for anything and `own` for the agent's subscription: `own/*/*` unless set",
    },
    { names: { CMK_REQUIRE_NEW_KEY: 'true' }, meaning: '`true`: only keys and versions that the request makes' },
    { names: { CMK_APPROVAL_EXPIRY: '72h' }, meaning: '`72h` unless set' },
    {
      names: { CMK_STEP_UP: 'c1' },
      meaning:
        'authentication context, such as `c1`, that an approver must meet by [signing in anew](step-up.md); off unless set',
    },
    { names: { CMK_STEP_UP_MAX_AGE: '10m' }, meaning: 'how old that sign-in may be: `10m` unless set' },
    {
      names: {
        CMK_STEP_UP_APP_ID: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d33',
        CMK_STEP_UP_APP_SECRET: 'what-entra-showed-once',
      },
      meaning: "the app people sign in to; the bot's own unless set",
    },
    {
      names: { CMK_PUBLIC_URL: 'https://cmk-bot.example.org' },
      meaning:
        "the bot's `https` address for browsers and Bot Framework: `CMK_STEP_UP` sends people there, and `cmk-bot doctor` tries it",
    },
  ],
};
