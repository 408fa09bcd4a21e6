import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { letAllRead } from '../../infra/assets.ts';

const root = mkdtempSync(join(tmpdir(), 'patchbay-asset-'));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('all may read what is deployed, and run what its owner may run, whatever the umask that it was made with', () => {
  mkdirSync(join(root, 'conf'), { mode: 0o700 });
  writeFileSync(join(root, 'conf', 'file'), '', { mode: 0o600 });
  writeFileSync(join(root, 'conf', 'program'), '', { mode: 0o700 });
  letAllRead(root);
  const modes = ['', 'conf', 'conf/file', 'conf/program'].map((name) => statSync(join(root, name)).mode & 0o777);
  expect(modes.map((mode) => mode.toString(8))).toEqual(['755', '755', '644', '755']);
});
