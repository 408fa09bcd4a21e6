import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

/** `npx cdk synth` as a stranger's first command, after `npm ci`. */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const clone = mkdtempSync(join(tmpdir(), 'patchbay-clone-'));
afterAll(() => rmSync(clone, { recursive: true, force: true }));

/** What is in version control, and packages. */
function makeClone(): void {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of files.filter((one) => one !== '' && existsSync(join(root, one)))) {
    mkdirSync(join(clone, dirname(file)), { recursive: true });
    cpSync(join(root, file), join(clone, file));
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
}

/** What CloudFormation gets, and what is uploaded beforehand. */
function output(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => /\.(template|assets)\.json$|^asset\.|^manifest\.json$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [name, name.endsWith('.json') ? readFileSync(join(folder, name), 'utf8') : '']),
  );
}

test('two stages are synthesized without credentials and without Docker, twice the same', async () => {
  makeClone();
  const bin = join(clone, 'no-docker');
  mkdirSync(bin);
  const called = join(clone, 'docker-was-called');
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\ntouch ${called}\nexit 1\n`, { mode: 0o755 });
  const env = { HOME: clone, PATH: `${bin}:${process.env.PATH}`, AWS_EC2_METADATA_DISABLED: 'true' };
  const synth = (out: string) => run('npx', ['cdk', 'synth', '--quiet', '--output', out], { cwd: clone, env });

  await synth('first');
  await synth('second');
  const first = output(join(clone, 'first'));
  expect(Object.keys(first).filter((name) => name.endsWith('.nested.template.json'))).toHaveLength(2);
  expect(output(join(clone, 'second'))).toEqual(first);
  expect(existsSync(called)).toBe(false);
}, 240_000);
