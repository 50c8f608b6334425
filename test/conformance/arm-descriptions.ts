import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Operation = z.object({ operationId: z.string() });
const Description = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

interface Described {
  readonly method: string;
  readonly shape: RegExp;
  readonly version: string;
}

/** Operations of any resource, by its id or its type's name: what they describe is no type's shape. */
const isGeneric = (template: string, id: string): boolean =>
  /^\/\{\w+\}/.test(template.replace('/{scope}/', '')) || (id.startsWith('Resources_') && template.endsWith('Name}'));

const shapeOf = (template: string): RegExp =>
  new RegExp(
    `^${template
      .replace(/\/$/, '')
      .replaceAll('.', '\\.')
      .replace('/{scope}', '(/.+)?')
      .replace('/{parentResourcePath}', '/.+')
      .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
    'i',
  );

const daysBetween = (a: string, b: string): number =>
  Math.abs(Date.parse(a.slice(0, 10)) - Date.parse(b.slice(0, 10))) / 86_400_000;

/** Which api-versions there are descriptions of, operation by operation, in a copy of Azure's descriptions. */
export class ArmDescriptions {
  private readonly described: readonly Described[];
  private readonly generic: ReadonlySet<string>;

  constructor(folder: string) {
    const generic = new Set<string>();
    this.described = armFiles(folder).flatMap((file) => {
      const read = Description.safeParse(JSON.parse(readFileSync(file, 'utf8')));
      if (!read.success) return [];
      const { info, paths } = read.data;
      return Object.entries(paths).flatMap(([template, methods]) =>
        Object.entries(methods).flatMap(([method, value]): Described[] => {
          const operation = Operation.safeParse(value);
          if (!operation.success) return [];
          if (!isGeneric(template, operation.data.operationId)) {
            return [{ method: method.toUpperCase(), shape: shapeOf(template), version: info.version }];
          }
          generic.add(operation.data.operationId);
          return [];
        }),
      );
    });
    this.generic = generic;
  }

  /** The nearest first. */
  versionsFor(method: string, pathname: string, wanted: string): readonly string[] {
    const found = this.described.filter((one) => one.method === method && one.shape.test(pathname));
    const versions = [...new Set(found.map(({ version }) => version))];
    return versions.sort((a, b) => daysBetween(a, wanted) - daysBetween(b, wanted));
  }

  saysNothing(operationId: string): boolean {
    return this.generic.has(operationId);
  }
}

const armFiles = (folder: string): readonly string[] =>
  readdirSync(path.join(folder, 'specification'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\/resource-manager\/.*\/stable\/[^/]+\/[^/]+\.json$/.test(file))
    .map((file) => path.join(folder, 'specification', file));
