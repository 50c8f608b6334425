/**
 * Microsoft's Bicep compiler: a program in a NuGet package, restored with the .NET SDK into `node_modules/.cache/bicep`.
 * Package names: Azure.Bicep.CommandLine.{linux,osx,win}-{x64,arm64}.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundle.ts';

export const bicepVersion = '0.49.2';
export const bicepCache = path.join(root, 'node_modules/.cache/bicep');

const systems: Readonly<Record<string, string>> = { darwin: 'osx', win32: 'win' };
const system = systems[process.platform] ?? process.platform;
const packageId = `Azure.Bicep.CommandLine.${system}-${process.arch}`;

const project = `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
  </PropertyGroup>
  <ItemGroup><PackageDownload Include="${packageId}" Version="[${bicepVersion}]" /></ItemGroup>
</Project>
`;

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(program: string, args: readonly string[], cwd: string): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64_000_000 });
  if (error !== undefined) throw error;
  return { code: status, out: stdout, err: stderr };
}

/** Returns whether `dotnet --version` works. */
export const hasDotnet = (): boolean => spawnSync('dotnet', ['--version']).status === 0;

/** Returns the compiler's path. Restores it if it's missing. Throws with the output of `dotnet restore` if that fails. */
function restoreBicep(): string {
  const inPackage = path.join(packageId.toLowerCase(), bicepVersion, 'tools', system === 'win' ? 'bicep.exe' : 'bicep');
  const there = path.join(bicepCache, bicepVersion, inPackage);
  if (existsSync(there)) return there;
  // Concurrent restores use separate folders; the first to finish wins.
  const own = path.join(bicepCache, `restore-${process.pid}`);
  mkdirSync(own, { recursive: true });
  try {
    writeFileSync(path.join(own, 'bicep.csproj'), project);
    const { code, out, err } = run('dotnet', ['restore', 'bicep.csproj', '--packages', 'packages'], own);
    if (code !== 0) throw new Error(`dotnet restore of ${packageId} ${bicepVersion} ended with ${code}:\n${out}${err}`);
    chmodSync(path.join(own, 'packages', inPackage), 0o755);
    if (!existsSync(there)) renameSync(path.join(own, 'packages'), path.join(bicepCache, bicepVersion));
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  return there;
}

export const bicep = (args: readonly string[], cwd: string): Ran => run(restoreBicep(), args, cwd);
