import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = join(root, 'console/dist/index.html');
const sources = [
  'console/index.html',
  'console/vite.config.ts',
  'console/src',
  'console/public',
  'lib/client',
  'lib/protocol',
];

/** Builds the console when its build is missing, or older than what it is made of. */
export async function buildConsole(): Promise<void> {
  const newest = Math.max(...(await Promise.all(sources.map((name) => changedAtMs(join(root, name))))));
  if ((await changedAtMs(built)) > newest) return;
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'console'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

/** When the newest file of a folder was changed; 0 for nothing. */
async function changedAtMs(path: string): Promise<number> {
  try {
    const { mtimeMs } = await stat(path);
    const entries = await readdir(path, { recursive: true }).catch(() => []);
    const times = await Promise.all(entries.map(async (name) => (await stat(join(path, name))).mtimeMs));
    return Math.max(mtimeMs, ...times);
  } catch {
    return 0;
  }
}

/** Debian's Chromium with a made-up camera and microphone, which talks to this machine only. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless=new',
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
      '--disable-gpu',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  });
