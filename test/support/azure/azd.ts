/**
 * What azd makes of infra/main.parameters.json: `${NAME}` and `${NAME=DEFAULT}` are replaced from the environment, as azd does it
 * (Azure/azure-dev, bicep_provider.go, loadParameters and armParameterFileValue, August 2026). azd itself isn't run.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

type Json = z.infer<ReturnType<typeof z.json>>;
export type Environment = Readonly<Record<string, string>>;

const Parameters = z.object({ parameters: z.record(z.string(), z.strictObject({ value: z.json() })) });
export const parameterFile: Readonly<Record<string, { readonly value: Json }>> = Parameters.parse(
  JSON.parse(readFileSync(new URL('../../../infra/main.parameters.json', import.meta.url), 'utf8')),
).parameters;

export const variablesIn = (value: Json): readonly string[] =>
  [...JSON.stringify(value).matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);

const replaced = (text: string, environment: Environment): string =>
  text.replace(/\$\{(\w+)(?:=([^}]*))?\}/g, (_all, name: string, fallback = '') => environment[name] || fallback);

function typed(type: string | undefined, value: string): Json | undefined {
  if (type === 'bool') return /^(1|t|true)$/i.test(value);
  if (type === 'int') return Number(value);
  return value;
}

/**
 * Parameters for a deployment. `types`: of each parameter, as the compiled template names it. One that comes to nothing is left out
 * and has its default. Throws as azd stops where an object isn't valid JSON.
 */
export function azdParameters(types: Readonly<Record<string, string>>, environment: Environment): Record<string, Json> {
  const given = Object.entries(parameterFile).flatMap(([name, { value }]): [string, Json][] => {
    const type = types[name];
    if (typeof value !== 'string')
      return [[name, z.json().parse(JSON.parse(replaced(JSON.stringify(value), environment)))]];
    const text = replaced(value, environment);
    if (text === '' && variablesIn(value).some((variable) => environment[variable] === undefined)) return [];
    if (type === 'object' || type === 'array') return [[name, z.json().parse(JSON.parse(text))]];
    const found = text === '' ? undefined : typed(type, text);
    return found === undefined ? [] : [[name, found]];
  });
  return Object.fromEntries(given);
}
