import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type JanusSettings, writeJanusConfig } from '../../../lib/engines/janus-config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchbay-test-janus-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function written(some: Partial<JanusSettings> = {}): Promise<Record<string, string>> {
  await writeJanusConfig({
    folder,
    wsPort: 18_188,
    adminPort: 17_188,
    adminSecret: 'an admin secret',
    mediaAddress: '127.0.0.1',
    localAddress: '127.0.0.1',
    iceInterfaces: ['lo'],
    ...some,
  });
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

/** The lines of a section, without blanks around them. */
const section = (text = '', name = ''): string[] =>
  (new RegExp(`^${name}: \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1] ?? '').trim().split(/\s*\n\s*/);

test('Janus is reached on loopback only, and reads by its owner only', async () => {
  const files = await written();
  const sockets = files['janus.transport.websockets.jcfg'];
  expect(section(sockets, 'general')).toEqual(expect.arrayContaining(['ws_ip = "127.0.0.1"', 'ws_port = 18188']));
  expect(section(sockets, 'admin')).toEqual(
    expect.arrayContaining(['admin_ws_ip = "127.0.0.1"', 'admin_ws_port = 17188']),
  );
  for (const name of Object.keys(files)) expect((await stat(join(folder, name))).mode & 0o777, name).toBe(0o600);
});

test('what patchbay does not use is not loaded', async () => {
  const { 'janus.jcfg': main } = await written();
  for (const [part, library] of [
    ['plugins', 'libjanus_streaming.so'],
    ['transports', 'libjanus_http.so'],
    ['loggers', 'libjanus_jsonlog.so'],
  ] as const) {
    expect(section(main, part).join(), part).toContain(library);
  }
});

test('with an address of its own it says that one, and there is no other to say', async () => {
  const { 'janus.jcfg': main, 'janus.plugin.nosip.jcfg': nosip } = await written();
  expect(main).not.toContain('nat_1_1_mapping');
  expect(section(main, 'nat')).toContain('ice_enforce_list = "lo"');
  expect(section(nosip, 'general').slice(0, 2)).toEqual(['local_ip = "127.0.0.1"', 'sdp_ip = "127.0.0.1"']);
});

test('behind a one-to-one NAT it says the public address, and listens on its own', async () => {
  const addresses = { mediaAddress: '198.51.100.7', localAddress: '10.0.1.7', iceInterfaces: ['10.0.1.7'] };
  const { 'janus.jcfg': main, 'janus.plugin.nosip.jcfg': nosip } = await written(addresses);
  expect(section(main, 'nat')).toEqual(
    expect.arrayContaining(['nat_1_1_mapping = "198.51.100.7"', 'ice_enforce_list = "10.0.1.7"']),
  );
  expect(section(nosip, 'general').slice(0, 2)).toEqual(['local_ip = "10.0.1.7"', 'sdp_ip = "198.51.100.7"']);
});

test('an API secret is asked for where there is one', async () => {
  expect((await written())['janus.jcfg']).not.toContain('api_secret');
  const { 'janus.jcfg': main } = await written({ apiSecret: 'an API secret' });
  expect(section(main, 'general')).toEqual(
    expect.arrayContaining(['api_secret = "an API secret"', 'admin_secret = "an admin secret"']),
  );
});
