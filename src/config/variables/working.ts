/** Variables of how the bot works. */
import type { VariableGroup } from './variable.ts';

export const working: VariableGroup = {
  title: 'How it works',
  settings: [
    {
      names: { CMK_CALLS_AT_ONCE: '200' },
      meaning:
        '200 unless set: how many messages and clicks one person may send at once, a tenth of it each second for ever; five times as many in one conversation. A list or a form counts as five, and five times as many are taken of those from everybody together. Beyond it the bot answers 429',
    },
    {
      names: { CMK_PAUSE: 'true' },
      meaning:
        '`true`: nothing is changed in Azure, runs under way stand still between two steps and cards say so; clicks are still stored. Without it, they go on by themselves',
    },
    {
      names: { CMK_AZURE_POLL: '5s', CMK_RETRY_FIRST_WAIT: '10s', CMK_GRANT_WAIT: '12m' },
      meaning:
        'how often a running operation is looked at (`5s`), how long the first retry waits (`10s`), how long a grant is given to spread (`12m`)',
    },
    {
      names: { CMK_USE_WITHIN: '30m', CMK_USE_POLL: '1m' },
      meaning:
        'for how long after a success the vault’s log is asked for the agent’s use of its key (`30m`; logs are 3 to 10 minutes behind), and how often (`1m`)',
    },
    {
      names: { CMK_HEARTBEAT: '1s' },
      meaning:
        'how often a replica says that it lives (`1s`), the same for all of a database: after eight without a word, or three once its connection has ended, another takes over its runs',
    },
    { names: { CMK_LOG_LEVEL: 'info' }, meaning: '`info` unless set' },
    {
      names: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' },
      meaning:
        'where a collector takes OTLP over HTTP, for [traces and figures](operations.md#telemetry); nothing is sent unless set',
    },
    {
      names: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=what-the-collector-wants' },
      meaning: 'what the collector wants to see beside',
    },
    {
      names: { OTEL_SERVICE_NAME: 'cmk-bot', OTEL_METRIC_EXPORT_INTERVAL: '60000' },
      meaning: 'what the bot is called there (`cmk-bot`), and milliseconds between two sendings of figures (`60000`)',
    },
    { names: { CMK_MODE: 'local' }, meaning: '`local` only: no tokens, loopback only; never in production' },
  ],
};
