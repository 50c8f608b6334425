/** Starts telling a collector, where one is named. */
import { noTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts';

/** Its libraries take a process a while to load: one that sends nothing does without. */
export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  if (options.endpoint === null) return noTelemetry;
  const { startTelemetry } = await import('./otlp.ts');
  return startTelemetry(options);
}
