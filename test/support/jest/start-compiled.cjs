/**
 * Starts a program that is one script, with what V8 compiled of it in an earlier life: to compile it anew takes each process a
 * third of its start, and as much again in its first story. While the file `compiling` lies in the folder, what was compiled is
 * kept there as the process ends. V8 itself refuses what it was not made for, and compiles as always.
 */
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

module.exports = (folder, name, packagesFrom) => {
  const filename = path.join(folder, `${name}.bundle.cjs`);
  const compiled = path.join(folder, `${name}.compiled`);
  // Node reads the maps of files that it loads itself.
  if (process.sourceMapsEnabled || process.execArgv.includes('--enable-source-maps')) return require(filename);
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'utf8')}\n})`;
  const script = new vm.Script(source, {
    filename,
    ...(existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {}),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (existsSync(path.join(folder, 'compiling')))
    process.once('exit', () => writeFileSync(compiled, script.createCachedData()));
  const module = { exports: {} };
  const own = [module.exports, createRequire(packagesFrom), module, packagesFrom, path.dirname(packagesFrom)];
  script.runInThisContext().apply(module.exports, own);
  return module.exports;
};
