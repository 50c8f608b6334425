/**
 * Starts a program that is one script, with what V8 compiled of it in an earlier life: to compile it anew takes each process a
 * third of its start. The first process that ends by itself keeps that. V8 itself refuses what it was not made for, and compiles
 * as always.
 */
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

module.exports = (folder, name, packagesFrom) => {
  const filename = path.join(folder, `${name}.bundle.cjs`);
  const compiled = path.join(folder, `${name}.compiled`);
  // Node reads the maps of files that it loads itself.
  if (process.sourceMapsEnabled || process.execArgv.includes('--enable-source-maps')) return require(filename);
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'utf8')}\n})`;
  const isCompiled = existsSync(compiled);
  const script = new vm.Script(source, {
    filename,
    ...(isCompiled ? { cachedData: readFileSync(compiled) } : {}),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const keep = () => {
    try {
      writeFileSync(`${compiled}.${process.pid}`, script.createCachedData());
      renameSync(`${compiled}.${process.pid}`, compiled);
    } catch {
      // The folder was removed meanwhile.
    }
  };
  if (!isCompiled) process.once('exit', () => existsSync(compiled) || keep());
  const module = { exports: {} };
  const own = [module.exports, createRequire(packagesFrom), module, packagesFrom, path.dirname(packagesFrom)];
  script.runInThisContext().apply(module.exports, own);
  return module.exports;
};
