/** Ports for creating evidence from an open database: in the bot, and at the command line. */
import { type EvidencePorts, type PublishedLog, takeEvidence } from '../audit/evidence/take-evidence.ts';
import type { VerifierKey } from '../audit/tlog/keys.ts';
import type { Config } from '../config/config.ts';
import { policyText } from '../config/policy-file.ts';
import { appendWithSoftware, ownSoftware } from '../config/software.ts';
import type { Azure } from '../domain/ports/azure.ts';
import { operatorActor } from '../domain/request/events.ts';
import type { OpenStore } from '../store/store.ts';
import { openPublishedLog } from './published-log.ts';
import type { Evidence, EvidenceWanted } from './rpc/calls.ts';

interface EvidenceParts {
  readonly config: Config;
  readonly store: Pick<OpenStore, 'people' | 'requests' | 'auditLog' | 'witnesses'>;
  readonly azure: Azure;
  readonly publish: PublishedLog['publish'];
  readonly timeoutMs: number;
  /** The log's own keys, oldest first. */
  readonly logKeys: readonly VerifierKey[];
}

export async function evidencePorts(parts: EvidenceParts): Promise<EvidencePorts> {
  const { config, store, azure, publish, timeoutMs, logKeys } = parts;
  const { anchor, policy, stepUp } = config;
  const rule = stepUp === null ? null : { context: stepUp.context, maxAgeMs: stepUp.maxAgeMs };
  return {
    requests: { ...store.requests, append: appendWithSoftware(await ownSoftware(config.image))(store.requests.append) },
    azure,
    log:
      anchor === null
        ? null
        : { ...(await openPublishedLog(anchor, config, store.witnesses, logKeys)), publish, timeoutMs },
    names: async (people) => new Map((await store.people.among(people)).map(({ id, name }) => [id, name])),
    texts: (id) => store.auditLog.textsOf([id]),
    rules: { digest: policy.digest, text: policyText(policy, rule) },
  };
}

/** Creates evidence for an operator. */
export async function evidenceFor(
  ports: EvidencePorts,
  { by, ...wanted }: EvidenceWanted,
  cause: string,
): Promise<Evidence> {
  const result = await takeEvidence(ports, { ...wanted, actor: operatorActor(by), cause });
  return result.kind === 'made' ? { ...result, archive: result.archive.toString('base64') } : result;
}
