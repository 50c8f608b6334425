import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { repository, surroundings } from '../processes/surroundings.ts';
import type { RunningAzure } from './local-azure.ts';
import { bot, careId, owner, tenantId } from './local-azure-names.ts';

/** What a command did: as a person sees it. */
export interface AzOutcome {
  readonly endedWell: boolean;
  readonly printed: string;
  readonly said: string;
}

/** Names below localhost lead to this machine; where the system knows none of them, az is told. */
const names = `import socket
known = socket.getaddrinfo
def find(host, *more, **named):
    host = host.decode() if isinstance(host, bytes) else host
    return known('127.0.0.1' if str(host).endswith('.localhost') else host, *more, **named)
socket.getaddrinfo = find
`;

/** A line's words; quoted ones stay together. */
const wordsOf = (line: string, filled: Readonly<Record<string, string>>): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)]
    .map(([, quoted, bare]) => quoted ?? bare ?? '')
    .map((word) => word.replaceAll(/\{(\w+)\}/g, (whole, name: string) => filled[name] ?? whole));

const execute = (program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<AzOutcome> =>
  new Promise((resolve) => {
    execFile(program, args, { env, cwd: repository, maxBuffer: 2 ** 26 }, (error, printed, said) =>
      resolve({ endedWell: error === null, printed, said }),
    );
  });

/** The command line client of Azure, as it is, on one local Azure. */
export class AzClient {
  private readonly program: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly filled: Record<string, string>;

  constructor(program: string, azure: RunningAzure) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-az-'));
    mkdirSync(path.join(folder, 'names'));
    writeFileSync(path.join(folder, 'names', 'sitecustomize.py'), names);
    this.program = program;
    this.env = {
      ...surroundings(),
      HOME: folder,
      PYTHONPATH: path.join(folder, 'names'),
      AZURE_CONFIG_DIR: path.join(folder, 'az'),
      REQUESTS_CA_BUNDLE: path.join(azure.dataDir, 'ca.pem'),
      AZURE_CORE_INSTANCE_DISCOVERY: 'false',
      AZURE_CORE_COLLECT_TELEMETRY: 'false',
      AZURE_CORE_ONLY_SHOW_ERRORS: 'true',
      AZURE_EXTENSION_USE_DYNAMIC_INSTALL: 'no',
      NO_PROXY: 'localhost,127.0.0.1',
    };
    const { id, secret } = owner;
    this.filled = { care: careId, tenant: tenantId, bot: bot.id, owner: id, secret, url: azure.url };
  }

  run(line: string): Promise<AzOutcome> {
    const [, ...args] = wordsOf(line, this.filled);
    return execute(this.program, args, this.env);
  }

  script(file: string, ...args: readonly string[]): Promise<AzOutcome> {
    const env = { ...this.env, PATH: `${path.dirname(this.program)}:${process.env.PATH ?? ''}` };
    return execute('bash', [file, ...args], env);
  }

  /** As docs/develop/simulator.md tells a person to. */
  async signIn(): Promise<void> {
    for (const line of [
      'az cloud register -n Local --endpoint-resource-manager {url}',
      'az cloud set -n Local',
      'az login --service-principal -u {owner} -p {secret} -t {tenant}',
      'az account set --subscription {care}',
    ]) {
      const { endedWell, said } = await this.run(line);
      // Without its cloud az would go on to the real one.
      if (!endedWell) throw new Error(`${line}: ${said}`);
    }
  }
}
