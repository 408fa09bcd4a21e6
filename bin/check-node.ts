/** Fails unless the Node that runs is the one of the package `node`: native addons and type stripping depend on it. */
const wanted = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major !== wanted) {
  console.error(`patchbay runs on Node ${wanted}, this is ${process.version}: use bin/start, bin/test or npm scripts`);
  process.exitCode = 1;
}
