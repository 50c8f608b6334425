/** Which cloud the settings mean. */
import type { CloudChoice } from '../azure/clouds.ts';
import { ConfigurationError, processVariables, type Variables } from './env.ts';
import { type Environment, environmentSchema } from './environment.ts';

const CloudSettings = environmentSchema.pick({
  AZURE_CLOUD: true,
  AZURE_ARM_ENDPOINT: true,
  AZURE_AUTHORITY_HOST: true,
  AZURE_GRAPH_ENDPOINT: true,
  AZURE_LOGS_ENDPOINT: true,
  AZURE_CA_FILE: true,
});

/** The custom cloud has all its addresses: it is refused without. */
export function cloudFrom(env: Pick<Environment, keyof typeof CloudSettings.shape>): CloudChoice {
  const { AZURE_CLOUD: name, AZURE_CA_FILE: caFile = null } = env;
  if (name !== 'custom') return { name };
  const { AZURE_ARM_ENDPOINT: armEndpoint = '', AZURE_AUTHORITY_HOST: authorityHost = '' } = env;
  const { AZURE_GRAPH_ENDPOINT: graphEndpoint = '', AZURE_LOGS_ENDPOINT: logsEndpoint } = env;
  const logs = logsEndpoint === undefined ? {} : { logsEndpoint };
  return { name, armEndpoint, authorityHost, graphEndpoint, ...logs, caFile };
}

/** For whoever sets the bot up, and has no other setting yet. Throws {@link ConfigurationError}. */
export function readCloud(variables: Variables = processVariables()): CloudChoice {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const read = CloudSettings.safeParse(given);
  if (read.success) return cloudFrom(read.data);
  const mistakes = read.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`);
  throw new ConfigurationError(`which Azure is meant cannot be read: ${mistakes.join('; ')}`);
}
