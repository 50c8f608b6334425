/** Variables of how the bot works. */
import type { VariableGroup } from './variable.ts';

export const working: VariableGroup = {
  title: 'How it works',
  settings: [
    {
      names: { CMK_CALLS_AT_ONCE: '200' },
      meaning:
        'rate limit. Default: 200. One person can send a burst of 200 messages or clicks; the allowance refills by one tenth (20) per second. A conversation gets 5 times as much. Opening a list or form costs 5. All people together get 5 times as much for lists and forms. Above the limit the bot returns HTTP 429',
    },
    {
      names: { CMK_PAUSE: 'true' },
      meaning:
        '`true`: make no changes in Azure. Running changes pause before the next step; requests and decisions are still recorded. Remove the setting and restart to continue. Default: `false`',
    },
    {
      names: { CMK_AZURE_POLL: '5s', CMK_RETRY_FIRST_WAIT: '10s', CMK_GRANT_WAIT: '12m' },
      meaning:
        'how often the bot checks a running operation (default `5s`), how long it waits before the first retry (`10s`), and how long it waits for a role assignment to propagate (`12m`)',
    },
    {
      names: { CMK_USE_WITHIN: '30m', CMK_USE_POLL: '1m' },
      meaning:
        'usage check: for how long after a success the bot looks in the vault’s log for the agent’s use of its key (default `30m`; logs are 3 to 10 minutes behind), and how often (`1m`)',
    },
    {
      names: { CMK_HEARTBEAT: '1s' },
      meaning:
        'how often a replica sends a heartbeat; the same for all replicas. After 8 missing heartbeats, or 3 after its connection ended, another replica takes over its runs. Default: `1s`',
    },
    {
      names: { CMK_LOG_LEVEL: 'info' },
      meaning: 'lowest level in the application log: `debug`, `info`, `warn`, `error` or `silent`. Default: `info`',
    },
    {
      names: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' },
      meaning:
        'collector for OTLP over HTTP, for [traces and metrics](operations.md#telemetry). Default: none, and nothing is sent',
    },
    {
      names: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=what-the-collector-wants' },
      meaning: 'headers for the collector, such as its key. Default: none',
    },
    {
      names: { OTEL_SERVICE_NAME: 'cmk-bot', OTEL_METRIC_EXPORT_INTERVAL: '60000' },
      meaning:
        'name of the bot in traces and metrics (default `cmk-bot`), and milliseconds between two exports of metrics (`60000`)',
    },
    {
      names: { CMK_MODE: 'local' },
      meaning:
        '`local`: callers need no token, and the bot listens on loopback only. For the sandbox; never in production',
    },
  ],
};
