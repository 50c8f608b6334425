import os from 'node:os';
import { z } from 'zod';
import type { RetryLimits } from '../../domain/retry.ts';
import type { azureSettings } from './azure.ts';
import type { peopleSettings } from './people.ts';
import { duration, group, optional, privateUrl, text, type Values, yes } from './setting.ts';
import type { teamsSettings } from './teams.ts';

/**
 * Default retry limits. The environment can change the first wait and the propagation window. Six attempts with doubled
 * waits take a little over three minutes. A role assignment takes "up to ten minutes" to propagate, according to Microsoft,
 * so twelve leave a margin.
 */
export const defaultRetryLimits: RetryLimits = {
  firstWaitMs: 10_000,
  longestWaitMs: 60_000,
  waitAttempts: 6,
  spreadWithinMs: 12 * 60_000,
};

export const workingSettings = group('How it works', {
  // A card that refreshes itself causes a call for each card on the screen. The limit must be high enough that an approver
  // who scrolls doesn't reach it.
  CMK_CALLS_AT_ONCE: {
    value: z.coerce.number().int().min(10).max(1_000_000).default(200),
    example: '200',
    meaning:
      'rate limit: a person’s burst of messages and clicks. A tenth of it returns per second. A conversation gets 5 times as much. Opening a list, form or evidence pack counts as 5; all people together have 5 times the limit for these. Default: 200',
  },
  CMK_PAUSE: {
    value: yes,
    example: 'true',
    meaning:
      '`true` stops changes in Azure. Runs pause before their next step; requests and decisions are still recorded. Default: `false`',
  },
  CMK_AZURE_POLL: {
    value: duration.default(5_000),
    example: '5s',
    meaning:
      'interval between checks of an operation (default: `5s`), wait before the first retry (`10s`), and longest wait for a role assignment (`12m`)',
  },
  CMK_RETRY_FIRST_WAIT: { value: duration.default(defaultRetryLimits.firstWaitMs), example: '10s' },
  CMK_GRANT_WAIT: { value: duration.default(defaultRetryLimits.spreadWithinMs), example: '12m' },
  // Resource logs take 3 to 10 minutes ("Log data ingestion time in Azure Monitor").
  CMK_USE_WITHIN: {
    value: duration.default(30 * 60_000),
    example: '30m',
    meaning: 'how long the usage check searches the log, which is 3 to 10 minutes behind. Default: `30m`',
  },
  CMK_WATCH_INTERVAL: {
    value: z
      .literal('off')
      .transform(() => null)
      .or(duration)
      .default(10 * 60_000),
    example: '10m',
    meaning: 'interval of the [key watch](../use/when-a-key-changes.md), or `off`. Default: `10m`',
  },
  CMK_ALERT_WEBHOOK: {
    value: privateUrl.optional(),
    example: 'https://events.example.org/cmk-bot',
    meaning:
      '`https` address that is told of key changes and of requests that need attention ([alerts](../operate/alerts.md#webhook)), and its secret: `whsec_` and base64. Default: none',
    isSecret: true,
  },
  CMK_ALERT_WEBHOOK_SECRET: {
    value: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
      .optional(),
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    isSecret: true,
  },
  CMK_LOG_LEVEL: {
    value: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    example: 'info',
    meaning: 'lowest level logged: `debug`, `info`, `warn`, `error` or `silent`. Default: `info`',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    value: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
    example: 'http://localhost:4318',
    meaning: 'collector for OTLP over HTTP, for [traces and metrics](../operate/monitor.md). Default: none',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    value: optional,
    example: 'api-key=what-the-collector-wants',
    meaning: "the collector's headers, such as its key. Default: none",
    isSecret: true,
  },
  OTEL_SERVICE_NAME: {
    value: text.default('cmk-bot'),
    example: 'cmk-bot',
    meaning: "the bot's name in traces and metrics. Default: `cmk-bot`",
  },
  CMK_MODE: {
    value: z.enum(['local']).optional(),
    example: 'local',
    meaning: '`local` is for the sandbox only. Callers need no token, and the bot listens on loopback',
  },
});

type Env = Values<typeof workingSettings>;

export const serverFrom = (
  env: Env & Values<typeof teamsSettings> & Pick<Values<typeof peopleSettings>, 'CMK_PUBLIC_URL'>,
) => ({
  mode: env.CMK_MODE ?? ('production' as const),
  port: env.PORT,
  listen: env.CMK_LISTEN ?? null,
  callsAtOnce: env.CMK_CALLS_AT_ONCE,
  publicUrl: env.CMK_PUBLIC_URL ?? null,
});

/** What no setting changes. Tests change it. */
const Overrides = z.strictObject({
  usePollMs: z.number().optional(),
  metricsEveryMs: z.number().default(60_000),
  /** Label of this replica in the application log and telemetry. Several can share it. */
  replica: z.string().optional(),
});

/** `CMK_TEST_OVERRIDES` is JSON. A bot in production doesn't read it. */
export function overridesFrom(
  { CMK_MODE: mode }: Env,
  { CMK_TEST_OVERRIDES: given = '' }: Readonly<Record<string, string | undefined>>,
) {
  const overrides = Overrides.parse(mode === 'local' && given !== '' ? JSON.parse(given) : {});
  const { usePollMs = mode === 'local' ? 5_000 : 60_000 } = overrides;
  return { ...overrides, usePollMs, replica: overrides.replica ?? os.hostname() };
}

/** The workspace and timing of the usage check; null: no usage check. */
export const logsFrom = (
  { CMK_LOGS_WORKSPACE: workspaceId, CMK_USE_WITHIN: withinMs }: Env & Values<typeof azureSettings>,
  pollMs: number,
) => (workspaceId === undefined ? null : { workspaceId, withinMs, pollMs });

export const webhookFrom = ({ CMK_ALERT_WEBHOOK: url, CMK_ALERT_WEBHOOK_SECRET: secret }: Env) =>
  url === undefined || secret === undefined ? null : { url, secret };

/** OpenTelemetry's own libraries read its other variables. */
export const telemetryFrom = (env: Env, metricsEveryMs: number) => ({
  endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
  serviceName: env.OTEL_SERVICE_NAME,
  metricsEveryMs,
});
