import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';

/** Who of a node's containers is told where the keys of the task's role are: the image's own `supervise`, with s6. */

const supervise = fileURLToPath(new URL('../../infra/containers/supervise', import.meta.url));
const given = {
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/85a03d6f',
  ECS_AGENT_URI: 'http://169.254.170.2/api/1',
};

let folder: string;
let first: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchbay-container-'));
  await cp(supervise, join(folder, 'supervise'));
  await writeFile(
    join(folder, 'run'),
    '#!/bin/sh\nenv >"$PATCHBAY_RUN_DIR/seen.part"\nmv "$PATCHBAY_RUN_DIR/seen.part" "$PATCHBAY_RUN_DIR/seen"\nexec sleep 60\n',
    {
      mode: 0o755,
    },
  );
});
afterEach(async () => {
  first?.kill('SIGTERM');
  if (first?.exitCode === null) await once(first, 'exit');
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['controller', true],
  ['janus', false],
  ['freeswitch', false],
])('%s: %s', async (name, told) => {
  const env = { PATH: process.env.PATH, PATCHBAY_RUN_DIR: folder, ...given };
  first = spawn(join(folder, 'supervise'), [name], { env, stdio: 'ignore' });
  const seen = () => readFile(join(folder, 'seen'), 'utf8').catch(() => '');
  await until('the program runs', async () => (await seen()) !== '');
  // Its own, and that of the first process, which it may read as well.
  for (const text of [await seen(), await readFile(`/proc/${first.pid}/environ`, 'utf8')]) {
    expect(text).toContain(folder);
    for (const value of Object.values(given)) expect(text.includes(value)).toBe(told);
  }
});
