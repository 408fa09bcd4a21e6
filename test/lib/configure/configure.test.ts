import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseFreeSwitchUrl } from '../../../lib/backends/freeswitch/url.ts';
import { parseJanusUrl } from '../../../lib/backends/janus/url.ts';
import { configure } from '../../../lib/configure/configure.ts';
import { type FakeEndpoint, startEndpoint } from '../../support/fake-endpoint.ts';
import { taskId, taskMetadata } from '../../support/task-metadata.ts';

const hasty = { rounds: 2, timeoutMs: 500, backoff: { baseMs: 1, maxMs: 2 } };
const publicIp = '198.51.100.7';
const privateIp = '10.0.1.7';

let runDir: string;
let endpoint: FakeEndpoint;
beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'patchbay-test-run-'));
  endpoint = await startEndpoint((response, { url }) =>
    response.end(url === '/ecs/task' ? JSON.stringify(taskMetadata(privateIp)) : `${publicIp}\n`),
  );
});
afterEach(async () => {
  await endpoint.stop();
  await rm(runDir, { recursive: true, force: true });
});

const run = (some: Record<string, string> = {}) =>
  configure({
    environment: {
      PATCHBAY_RUN_DIR: runDir,
      PATCHBAY_PUBLIC_IP_URL: endpoint.url,
      ECS_CONTAINER_METADATA_URI_V4: `${endpoint.url}/ecs`,
      ...some,
    },
    patience: hasty,
  });
const text = (...path: readonly string[]) => readFile(join(runDir, ...path), 'utf8');

/** As s6-envdir gives it to the controller. */
async function environment(): Promise<Record<string, string>> {
  const names = await readdir(join(runDir, 'controller', 'environment'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await text('controller', 'environment', name)] as const)),
  );
}

describe('on ECS', () => {
  test('the node is the task: its id, its address in the VPC, its public address', async () => {
    expect(await run()).toEqual({
      nodeId: taskId,
      mediaAddress: publicIp,
      localAddress: privateIp,
      iceInterfaces: [privateIp],
    });
    expect(await environment()).toEqual({
      PATCHBAY_NODE_ID: taskId,
      PATCHBAY_NODE_HOST: privateIp,
      PATCHBAY_RELEASE: 'patchbay-node:3',
      PATCHBAY_PUBLIC_IP: publicIp,
      PATCHBAY_JANUS_URL: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:8188\?/),
      PATCHBAY_FREESWITCH_URL: expect.stringMatching(/^esl:\/\/:.+@127\.0\.0\.1:8021\?sip=127\.0\.0\.1:5060$/),
    });
  });

  test('Janus tells clients the public address, listens on the private one, and lets in who knows its secrets', async () => {
    await run();
    const { PATCHBAY_JANUS_URL = '' } = await environment();
    const { url, apiSecret, admin } = parseJanusUrl(PATCHBAY_JANUS_URL);
    expect([url, admin?.url]).toEqual(['ws://127.0.0.1:8188', 'ws://127.0.0.1:7188']);
    const janus = await text('janus', 'janus.jcfg');
    expect(janus).toContain(`nat_1_1_mapping = "${publicIp}"\n`);
    expect(janus).toContain(`ice_enforce_list = "${privateIp}"\n`);
    expect(janus).toContain('rtp_port_range = "30000-59999"\n');
    expect(janus).toContain(`api_secret = "${apiSecret}"\n`);
    expect(janus).toContain(`admin_secret = "${admin?.secret}"\n`);
    const nosip = await text('janus', 'janus.plugin.nosip.jcfg');
    expect(nosip).toContain(`local_ip = "${privateIp}"\n  sdp_ip = "${publicIp}"\n`);
    expect(nosip).toContain('rtp_port_range = "20000-29999"\n');
    expect(await text('janus', 'janus.transport.websockets.jcfg')).toMatch(
      /ws_ip = "127\.0\.0\.1"\n {2}ws_port = 8188[\s\S]*admin_ws_ip = "127\.0\.0\.1"\n {2}admin_ws_port = 7188/,
    );
  });

  test('FreeSWITCH is told the private address and its password, and writes its log where its container does', async () => {
    await run();
    const { PATCHBAY_FREESWITCH_URL = '' } = await environment();
    const { password } = parseFreeSwitchUrl(PATCHBAY_FREESWITCH_URL);
    const set = [...(await text('freeswitch', 'vars.xml')).matchAll(/data="(\w+)=([^"]*)"/g)];
    expect(Object.fromEntries(set.map(([, name, value]) => [name, value]))).toEqual({
      esl_port: '8021',
      esl_password: password,
      sip_port: '5060',
      first_rtp_port: '10000',
      last_rtp_port: '19998',
      media_address: privateIp,
      candidate_networks: '192.0.2.99/32',
      log_file: '/dev/stdout',
    });
  });

  test('secrets are new for each task and long, and nobody else can read them', async () => {
    const secretsOf = async () => {
      const { PATCHBAY_JANUS_URL = '', PATCHBAY_FREESWITCH_URL = '' } = await environment();
      const { apiSecret = '', admin } = parseJanusUrl(PATCHBAY_JANUS_URL);
      return [apiSecret, admin?.secret ?? '', parseFreeSwitchUrl(PATCHBAY_FREESWITCH_URL).password];
    };
    await run();
    const first = await secretsOf();
    await rm(runDir, { recursive: true });
    await run();
    const second = await secretsOf();
    expect(new Set([...first, ...second]).size).toBe(6);
    for (const secret of second) expect(secret).toMatch(/^[A-Za-z0-9_-]{32}$/);

    for (const name of await readdir(runDir, { recursive: true })) {
      const { mode } = await stat(join(runDir, name));
      expect(mode & 0o077, name).toBe(0);
    }
  });

  test('run once more, it finds the address anew, but leaves running engines the secrets that they know', async () => {
    await run();
    const before = await environment();
    await run({ PATCHBAY_PUBLIC_IP: '203.0.113.9' });
    expect(await environment()).toEqual({ ...before, PATCHBAY_PUBLIC_IP: '203.0.113.9' });
  });
});

describe('elsewhere', () => {
  const own = { ECS_CONTAINER_METADATA_URI_V4: '' };

  test('what is set is what counts', async () => {
    await run({ PATCHBAY_NODE_ID: 'one', PATCHBAY_NODE_HOST: '10.9.9.9' });
    expect(await environment()).toMatchObject({ PATCHBAY_NODE_ID: 'one', PATCHBAY_NODE_HOST: '10.9.9.9' });
    const other = { PATCHBAY_JANUS_URL: 'ws://10.9.9.8:8188', PATCHBAY_FREESWITCH_URL: 'none' };
    await rm(runDir, { recursive: true });
    await run(other);
    expect(await environment()).toMatchObject({
      PATCHBAY_JANUS_URL: 'ws://10.9.9.8:8188',
      // s6-envdir unsets the variable of an empty file.
      PATCHBAY_FREESWITCH_URL: '',
    });
    expect(await readdir(runDir)).toEqual(['controller']);
  });

  test('a node on loopback is on loopback with all it has', async () => {
    expect(await run({ ...own, PATCHBAY_PUBLIC_IP: '127.0.0.1' })).toEqual({
      nodeId: undefined,
      mediaAddress: '127.0.0.1',
      localAddress: '127.0.0.1',
      iceInterfaces: ['lo'],
    });
    expect(await text('janus', 'janus.jcfg')).not.toContain('nat_1_1_mapping');
    expect(await text('janus', 'janus.plugin.nosip.jcfg')).toContain('local_ip = "127.0.0.1"\n  sdp_ip = "127.0.0.1"');
  });

  test('without a public address nothing is written: there is no node', async () => {
    await expect(run({ ...own, PATCHBAY_PUBLIC_IP_URL: `${endpoint.url}/ecs/task` })).rejects.toThrow(
      'the public address was not found',
    );
    expect(await readdir(runDir)).toEqual([]);
  });
});
