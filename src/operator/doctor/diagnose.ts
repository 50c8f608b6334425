/** Looks at everything the bot rests on, and at which rule applies to an agent where one is named. Changes nothing. */

import { connectAzure } from '../../azure/azure.ts';
import { armSubscriptions } from '../../azure/subscriptions.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import type { Config } from '../../config/config.ts';
import type { Diagnosis } from '../rpc/calls.ts';
import { diagnoseAzure } from './azure.ts';
import { diagnoseDatabase } from './database.ts';
import { diagnosePolicy } from './policy.ts';
import { explainResource } from './resource.ts';
import { diagnoseSettings } from './settings.ts';
import { diagnoseStepUp } from './step-up.ts';
import { fail, type Subjects } from './subjects.ts';
import { diagnoseTeams } from './teams.ts';

type Joined = Pick<Subjects, 'azure' | 'subscriptions' | 'cloud'>;

/** Throws when a file that the configuration names cannot be read. */
function join(config: Config): Joined {
  const options = optionsForAzure(config);
  return { azure: connectAzure(options), subscriptions: armSubscriptions(options), cloud: options.cloud };
}

export async function diagnose(given: Omit<Subjects, keyof Joined>, resource: string | null): Promise<Diagnosis[]> {
  const { config } = given;
  const settings = diagnoseSettings(config);
  let joined: Joined;
  try {
    joined = join(config);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [...settings, fail('Azure', message, 'Look at AZURE_CA_FILE.')];
  }
  const subjects = { ...given, ...joined };
  const parts = await Promise.all([
    diagnoseDatabase(subjects),
    diagnoseAzure(subjects),
    diagnosePolicy(subjects),
    diagnoseTeams(subjects),
    diagnoseStepUp(subjects),
    ...(resource === null ? [] : [explainResource(subjects, resource)]),
  ]);
  return [...settings, ...parts.flat()];
}
