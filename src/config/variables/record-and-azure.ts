/** Variables of where the record lies and how the bot reaches Azure. */
import type { VariableGroup } from './variable.ts';

export const record: VariableGroup = {
  title: 'The record',
  settings: [
    {
      names: { DATABASE_URL: 'postgres://cmk_bot@cmk-pg.postgres.database.azure.com/cmkbot?sslmode=verify-full' },
      meaning: 'PostgreSQL; set this or the next',
    },
    {
      names: { CMK_DATA_DIR: '/var/lib/cmk-bot' },
      meaning: 'folder of the embedded database: one machine, survives the process but not a power cut',
    },
    {
      names: {
        CMK_DATABASE_OWNER_URL: 'postgres://cmk_owner@cmk-pg.postgres.database.azure.com/cmkbot?sslmode=verify-full',
      },
      meaning:
        'the same database as the owner of its tables, only to bring them up at a start; then the user in `DATABASE_URL` needs no right but to connect, and can change no event',
    },
    {
      names: { CMK_DATABASE_SIGN_IN: 'entra' },
      meaning:
        "`entra`: the bot's identity signs in to the database by tokens, and the address has its user and no password; `password` unless set",
    },
    {
      names: { CMK_DATABASE_OWNER_CLIENT_ID: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d32' },
      meaning: "with `entra`, the managed identity that owns the tables, where it is not the bot's own",
    },
    {
      names: { CMK_SEAL_KEY_FILE: '/run/secrets/seal.key' },
      meaning:
        'file with the key that seals events, mounted, for its reader alone; needed with `DATABASE_URL`, else `seal.key` in the data folder, made on the first start. A key a line, in base64, the newest last',
    },
    {
      names: { CMK_SEAL_KEY_SECRET: 'https://kv-cmk-bot.vault.azure.net/secrets/seal-key' },
      meaning:
        "in its place a secret of a vault with the same lines, read at each start with the bot's own identity: `https://VAULT/secrets/NAME` is its newest version, `/VERSION` behind it another",
    },
    {
      names: { CMK_TRUST_RECORD: '47:9c0e51d79c0e51d79c0e51d79c0e51d79c0e51d79c0e51d79c0e51d79c0e51d7' },
      meaning:
        'once, for a record from before there were seals: number and hash of its last event, `47:9c0e…`, which the operator knows from elsewhere',
    },
    {
      names: { CMK_ANCHOR: '/mnt/anchor' },
      meaning:
        'folder, or container of a storage account (`https://ACCOUNT.blob.core.windows.net/CONTAINER`), in which the record is [published](audit.md) for others to check, or `none`; `anchor` in the data folder unless set, and with `DATABASE_URL` none',
    },
    {
      names: { CMK_LOG_NAME: 'cmk-bot.example.org/prod/audit' },
      meaning: 'name of the published log, for good: `cmk-bot/TENANT/audit` unless set. No other log may have it',
    },
    {
      names: { CMK_LOG_KEY_FILE: '/run/secrets/log.key' },
      meaning:
        'file with the key that signs what is published, as for `CMK_SEAL_KEY_FILE`; `log.key` in the data folder, made on the first start, unless set',
    },
    {
      names: { CMK_LOG_KEY_SECRET: 'https://kv-cmk-bot.vault.azure.net/secrets/log-key' },
      meaning: 'in its place a secret of a vault, as for `CMK_SEAL_KEY_SECRET`',
    },
    {
      names: { CMK_LOG_VAULT_KEY: 'https://kv-cmk-bot.vault.azure.net/keys/checkpoints' },
      meaning:
        'a P-256 key of a vault that signs what is published as well, and never leaves the vault ([docs/audit.md](audit.md#a-key-that-cannot-leave-its-vault)): its newest version, or with `/VERSION` behind it that one. None unless set',
    },
    {
      names: {
        CMK_WITNESSES:
          'https://witness.audit.example.org witness.audit.example.org/w1+a0442588+BAWHTO2Rpp5Qa2t+bvx8jSWCyVorxU+BgF/h7J9q4Mo/',
      },
      meaning:
        'witnesses that sign what is published, on machines of other people: address and verifier key with a space between, commas between them ([docs/audit.md](audit.md#a-witness)). None unless set',
    },
    {
      names: { CMK_WITNESSES_NEEDED: '2' },
      meaning:
        'how many of them have to sign a checkpoint for it to count as witnessed; all of them unless set. Requests do not wait for it',
    },
    { names: { CMK_CHECKPOINT_EVERY: '1m' }, meaning: 'how often what is new is published: `1m` unless set' },
    {
      names: { CMK_REPLICA: 'cmk-bot-1' },
      meaning: "this replica's name, no other's; with `DATABASE_URL` the machine's name unless set",
    },
  ],
};

export const azure: VariableGroup = {
  title: 'Azure',
  settings: [
    { names: { AZURE_CLOUD: 'public' }, meaning: '`public` (usual), `usgovernment`, `china`, or `custom`' },
    {
      names: {
        AZURE_ARM_ENDPOINT: 'https://management.example.org',
        AZURE_AUTHORITY_HOST: 'https://login.example.org',
        AZURE_GRAPH_ENDPOINT: 'https://graph.example.org',
        AZURE_LOGS_ENDPOINT: 'https://logs.example.org',
      },
      meaning: "the custom cloud's addresses; the last is needed with `CMK_LOGS_WORKSPACE` alone",
    },
    {
      names: { AZURE_CA_FILE: '/etc/cmk-bot/ca.pem' },
      meaning: 'PEM file that replaces the usual certificate authorities in the custom cloud',
    },
    {
      names: {
        AZURE_CLIENT_ID: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d31',
        AZURE_CLIENT_SECRET: 'what-entra-showed-once',
        AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/azure-identity-token',
      },
      mustBeSet: true,
      meaning: 'how the bot signs in to Azure; without a secret or token file it uses its managed identity',
    },
    {
      names: { CMK_SUBSCRIPTIONS: '40000000-0000-4000-8000-000000000001,40000000-0000-4000-8000-000000000002' },
      mustBeSet: true,
      meaning: 'the only subscriptions it acts in',
    },
    {
      names: { CMK_LOGS_WORKSPACE: '0c1e7a52-7d0e-4a8b-9a53-6f2f4f6c9d33' },
      meaning:
        'Log Analytics workspace that the vaults’ audit logs go to, by the id it shows as its own: after a success the bot looks there [whether the agent uses its key](operations.md#seen-in-use). Nobody looks unless set',
    },
  ],
};
