/** Variables of where the record lies and how the bot reaches Azure. */
import type { VariableGroup } from './variable.ts';

export const auditLog: VariableGroup = {
  title: 'The record',
  settings: [
    {
      names: { DATABASE_URL: 'postgres://cmk_bot@cmk-pg.postgres.database.azure.com/cmkbot?sslmode=verify-full' },
      mustBeSet: true,
      meaning:
        'PostgreSQL database: `postgres://USER@HOST/DATABASE?sslmode=verify-full`. The sandbox can have `CMK_DATA_DIR` instead',
    },
    {
      names: { CMK_DATA_DIR: '/var/lib/cmk-bot' },
      meaning:
        'data folder of the sandbox, with an embedded database that can lose events in a power cut. A bot in production does not start with it',
    },
    {
      names: {
        CMK_DATABASE_OWNER_URL: 'postgres://cmk_owner@cmk-pg.postgres.database.azure.com/cmkbot?sslmode=verify-full',
      },
      meaning:
        'the same database with its owner role, for migrations at a start. The user in `DATABASE_URL` then needs only permission to connect, and can’t change events. Default: none',
    },
    {
      names: { CMK_DATABASE_SIGN_IN: 'entra' },
      meaning:
        "`entra`: the bot's identity signs in to the database with tokens; the address has a user and no password. Default: `password`",
    },
    {
      names: { CMK_DATABASE_OWNER_CLIENT_ID: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d32' },
      meaning: "with `entra`: the managed identity that owns the tables. Default: the bot's own",
    },
    {
      names: { CMK_SEAL_KEY_FILE: '/run/secrets/seal.key' },
      mustBeSet: true,
      meaning:
        'file with the seal key, which only the bot’s user can read: one key per line, in base64, the newest last. Required with `DATABASE_URL`, unless `CMK_SEAL_KEY_SECRET` is set. With a data folder: `seal.key` in it, created at the first start',
    },
    {
      names: { CMK_SEAL_KEY_SECRET: 'https://kv-cmk-bot.vault.azure.net/secrets/seal-key' },
      meaning:
        "secret of a vault with the same lines, in place of that file. The bot's identity reads it at each start: `https://VAULT/secrets/NAME` for its newest version, or with `/VERSION`",
    },
    {
      names: { CMK_TRUST_RECORD: '47:9c0e51d79c0e51d79c0e51d79c0e51d79c0e51d79c0e51d79c0e51d79c0e51d7' },
      meaning:
        'once, for an audit log from before there were seals: number and hash of its last event, such as `47:9c0e…`, which the operator knows from another source',
    },
    {
      names: { CMK_ANCHOR: '/mnt/anchor' },
      meaning:
        'where the audit log is [published](audit.md) for others to check: a folder, a container of a storage account (`https://ACCOUNT.blob.core.windows.net/CONTAINER`), or `none`. Default: `none`; with a data folder, `anchor` in it',
    },
    {
      names: { CMK_LOG_NAME: 'cmk-bot.example.org/prod/audit' },
      meaning:
        'name of the published log. It can’t be changed, and no other log can have it. Default: `cmk-bot/TENANT/audit`',
    },
    {
      names: { CMK_LOG_KEY_FILE: '/run/secrets/log.key' },
      meaning:
        'file with the log signing key, as for `CMK_SEAL_KEY_FILE`. Required with `CMK_ANCHOR`. With a data folder: `log.key` in it, created at the first start',
    },
    {
      names: { CMK_LOG_KEY_SECRET: 'https://kv-cmk-bot.vault.azure.net/secrets/log-key' },
      meaning: 'secret of a vault in place of that file, as for `CMK_SEAL_KEY_SECRET`',
    },
    {
      names: { CMK_LOG_VAULT_KEY: 'https://kv-cmk-bot.vault.azure.net/keys/checkpoints' },
      meaning:
        'P-256 key of a vault that also signs the published log, and never leaves the vault ([docs/audit.md](audit.md#a-key-that-cannot-leave-its-vault)): its newest version, or with `/VERSION` that one. Default: none',
    },
    {
      names: {
        CMK_WITNESSES:
          'https://witness.audit.example.org witness.audit.example.org/w1+4e689e2d+BAWHTO2Rpp5Qa2t+bvx8jSWCyVorxU+BgF/h7J9q4Mo/',
      },
      meaning:
        'witnesses that sign the published log, on machines of other people: https address, space and verifier key; commas between witnesses ([docs/audit.md](audit.md#a-witness)). Default: none',
    },
    {
      names: { CMK_WITNESSES_NEEDED: '1' },
      meaning:
        'how many witnesses must sign a checkpoint before it counts as witnessed. Requests don’t wait for it. Default: all',
    },
    { names: { CMK_CHECKPOINT_EVERY: '1m' }, meaning: 'how often new events are published. Default: `1m`' },
    {
      names: { CMK_REPLICA: 'cmk-bot-1' },
      meaning: "this replica's name, which no other replica has. Default: the machine's name",
    },
    {
      names: { CMK_IMAGE: 'registry.example.org/cmk-bot@sha256:0123…' },
      meaning:
        'the container image that runs, with its digest. Events and evidence packs name it beside version and commit. Default: none',
    },
  ],
};

export const azure: VariableGroup = {
  title: 'Azure',
  settings: [
    {
      names: { AZURE_CLOUD: 'public' },
      meaning: 'Azure cloud: `public` (default), `usgovernment`, `china`, or `custom`',
    },
    {
      names: {
        AZURE_ARM_ENDPOINT: 'https://management.example.org',
        AZURE_AUTHORITY_HOST: 'https://login.example.org',
        AZURE_GRAPH_ENDPOINT: 'https://graph.example.org',
        AZURE_LOGS_ENDPOINT: 'https://logs.example.org',
      },
      meaning: 'addresses of a custom cloud. The last is required with `CMK_LOGS_WORKSPACE` only',
    },
    {
      names: { AZURE_CA_FILE: '/etc/cmk-bot/ca.pem' },
      meaning: 'PEM file with the only certificate authorities to trust in a custom cloud. Default: the usual ones',
    },
    {
      names: {
        AZURE_CLIENT_ID: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d31',
        AZURE_CLIENT_SECRET: 'what-entra-showed-once',
      },
      mustBeSet: true,
      meaning:
        'how the bot signs in to Azure: the client ID of its app or managed identity, and the app’s secret. Without a secret and a token file, it uses its managed identity',
    },
    {
      names: { AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/azure-identity-token' },
      meaning: 'file with the token that a Kubernetes cluster projects for workload identity, in place of a secret',
    },
    {
      names: { CMK_SUBSCRIPTIONS: '40000000-0000-4000-8000-000000000001,40000000-0000-4000-8000-000000000002' },
      mustBeSet: true,
      meaning: 'IDs of the only subscriptions that the bot reads and changes, separated by commas',
    },
    {
      names: { CMK_LOGS_WORKSPACE: '0c1e7a52-7d0e-4a8b-9a53-6f2f4f6c9d33' },
      meaning:
        'workspace ID (a GUID, not the ARM ID) of the Log Analytics workspace with the vaults’ audit logs, for the [usage check](operations.md#seen-in-use) after a success. Default: none',
    },
  ],
};
