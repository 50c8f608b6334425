/** What taking evidence needs, of a store that is open: in the bot, and at the command line beside a server. */

import type { Config } from '../config/config.ts';
import { policyText } from '../config/policy-file.ts';
import type { Azure } from '../domain/ports/azure.ts';
import { operatorActor } from '../domain/request/events.ts';
import { type EvidencePorts, type PublishedLog, takeEvidence } from '../evidence/take-evidence.ts';
import type { OpenStore } from '../store/store.ts';
import { anchorFiles } from './anchor-files.ts';
import type { Evidence, EvidenceWanted } from './rpc/calls.ts';

interface EvidenceParts {
  readonly config: Config;
  readonly store: Pick<OpenStore, 'people' | 'requests' | 'trail'>;
  readonly azure: Azure;
  readonly publish: PublishedLog['publish'];
  readonly patienceMs: number;
}

export async function evidencePorts({
  config,
  store,
  azure,
  publish,
  patienceMs,
}: EvidenceParts): Promise<EvidencePorts> {
  const { anchor, policy, stepUp } = config;
  const files = anchor === null ? null : await anchorFiles(anchor.place, config);
  const rule = stepUp === null ? null : { context: stepUp.context, maxAgeMs: stepUp.maxAgeMs };
  return {
    requests: store.requests,
    azure,
    log:
      files === null || anchor === null
        ? null
        : { read: files.read, publish, patienceMs, witnessKeys: anchor.witnesses.map(({ key }) => key) },
    names: async (people) => new Map((await store.people.among(people)).map(({ id, name }) => [id, name])),
    texts: (id) => store.trail.textsOf([id]),
    rules: { version: policy.version, text: policyText(policy, rule) },
  };
}

/** For an operator. */
export async function evidenceFor(
  ports: EvidencePorts,
  { id, by, texts, names }: EvidenceWanted,
  cause: string,
): Promise<Evidence> {
  const taken = await takeEvidence(ports, { id, actor: operatorActor(by), cause, texts, names });
  return taken.kind === 'made' ? { ...taken, archive: taken.archive.toString('base64') } : taken;
}
