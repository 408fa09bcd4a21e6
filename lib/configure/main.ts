import { configure } from './configure.ts';

/**
 * The one-shot container of a node, which the others wait for. It says who the node is, and ends; without a public
 * address there is no node.
 */
try {
  console.log(JSON.stringify({ msg: 'configured', ...(await configure()) }));
} catch (error) {
  console.error(`patchbay: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
