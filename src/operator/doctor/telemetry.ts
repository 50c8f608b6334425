/** Whether a collector answers where traces and metrics are sent. Nothing waits for it. */
import { callServer } from '../../io/call-server.ts';
import { faultOf } from '../../store/db-errors.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { setAnew } from './commands.ts';
import { about, type DoctorEnvironment, ok, warn } from './subjects.ts';

const variable = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const collector = about('config/telemetry', 'collector');
const limits = { bytes: 1_000_000, ms: 5_000 };

export async function diagnoseTelemetry({ config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { endpoint } = config.telemetry;
  if (endpoint === null) return [];
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const none = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"resourceSpans":[]}',
    limits,
  };
  const remedy = { commands: [setAnew(variable)] };
  try {
    const { status } = await callServer(url, none);
    // Who may send, and how, only its own headers show, which its library reads.
    if (status !== 404) return [ok(collector, `${url} answers ${status}`)];
    return [warn(collector, `${variable}: ${url} answers 404`, 'That isn’t an OTLP/HTTP receiver.', remedy)];
  } catch (error) {
    const { message } = faultOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    const advice = 'Traces and metrics are lost. Start the collector, or correct the address.';
    return [warn(collector, `${variable}: ${url} doesn’t answer: ${message}`, advice, remedy)];
  }
}
