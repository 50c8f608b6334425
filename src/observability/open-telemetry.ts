/** Starts telemetry if a collector is configured. */
import { noTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts';

/** Imports the libraries only if needed, because loading them takes time. */
export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  if (options.endpoint === null) return noTelemetry;
  const { startTelemetry } = await import('./otlp.ts');
  return startTelemetry(options);
}
