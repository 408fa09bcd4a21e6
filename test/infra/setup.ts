import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** CDK's cloud assembly of both stages. */
    assembly: string;
  }
}

/** Builds what is deployed and synthesizes both stages, once for all tests of the project; without AWS, without Docker. */
export default function setup({ provide }: TestProject): () => void {
  const assembly = mkdtempSync(join(tmpdir(), 'patchbay-assembly-'));
  const { HOME = '', PATH = '' } = process.env;
  execFileSync(process.execPath, ['infra/app.ts'], {
    cwd: new URL('../../', import.meta.url),
    env: { HOME, PATH, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: JSON.stringify(cli) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  provide('assembly', assembly);
  return () => rmSync(assembly, { recursive: true, force: true });
}

/** What CDK's command gives an app: among it paths in the templates, by which the tests find things. */
const cli = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:version-reporting': true,
  'aws:cdk:bundling-stacks': ['**'],
};
