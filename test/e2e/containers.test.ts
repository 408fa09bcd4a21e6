import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseFreeSwitchUrl } from '../../lib/backends/freeswitch/url.ts';
import { parseJanusUrl } from '../../lib/backends/janus/url.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { startTable, type TestTable } from '../support/dynamodb.ts';
import { startEndpoint } from '../support/fake-endpoint.ts';
import { EslWire } from '../support/freeswitch/esl-wire.ts';
import { SipWire } from '../support/freeswitch/sip-wire.ts';
import { listeners } from '../support/listeners.ts';
import { type ContainerName, NodeContainers } from '../support/node-containers.ts';
import { descendants, isAlive } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';
import { taskId, taskMetadata } from '../support/task-metadata.ts';
import { until } from '../support/until.ts';

/** The images' start scripts and the configurations that are made for AWS, run here: s6, Janus, FreeSWITCH, the controller. */

const publicIp = '198.51.100.7';
const { PATCHBAY_FREESWITCH_BIN: freeSwitch } = process.env;
/** s6 waits a second before it starts a program again. */
const restartMs = 2500;

let node: NodeContainers;
beforeAll(() => NodeContainers.bundled());
beforeEach(async () => {
  node = await NodeContainers.create({ PATCHBAY_PUBLIC_IP: publicIp });
});
afterEach(() => node?.stopAll());

/** The program that a container is for: what s6 watches over. */
async function programOf(name: ContainerName, first: number, program: string): Promise<number> {
  const found = await until(`${name} runs`, () => descendants(first).find((one) => one.name === program));
  return found.pid;
}

async function startsAgain(name: ContainerName, first: number, program: string): Promise<number> {
  const before = await programOf(name, first, program);
  const killedAtMs = performance.now();
  process.kill(before, 'SIGKILL');
  const answers: boolean[] = [];
  const after = await until(
    `${name} runs again`,
    async () => {
      answers.push(await node.isHealthy(name));
      return descendants(first).find((one) => one.name === program && one.pid !== before);
    },
    restartMs,
  );
  console.info(`${name}: up again after ${Math.round(performance.now() - killedAtMs)} ms`);
  expect(answers).not.toContain(false);
  return after.pid;
}

/** A script in the place of an engine's program. */
async function program(text: string): Promise<string> {
  const file = join(node.dataDir, 'stand-in');
  await writeFile(file, `#!/bin/sh\n${text}`);
  await chmod(file, 0o755);
  return file;
}

async function endsWell(name: ContainerName, first: number): Promise<void> {
  const all = [first, ...descendants(first).map(({ pid }) => pid)];
  expect(all.length).toBeGreaterThan(2);
  expect(await node.stop(name)).toBe(0);
  expect(all.filter(isAlive)).toEqual([]);
  expect(await node.isHealthy(name)).toBe(false);
}

describe("Janus' container", () => {
  let first: number;
  beforeEach(async () => {
    await node.configure();
    first = (await node.start('janus')).pid ?? 0;
  });

  const info = async (): Promise<Record<string, unknown>> => {
    const { url } = parseJanusUrl(await node.variable('PATCHBAY_JANUS_URL'));
    const client = await until('Janus answers', () =>
      RawClient.connect(url, ['janus-protocol']).catch(() => undefined),
    );
    client.send({ janus: 'info', transaction: '1' });
    const answer = await client.next(() => true);
    await client.close();
    return answer as unknown as Record<string, unknown>;
  };

  test('runs the configuration that is made for AWS: behind the public address, on loopback, with its secrets', async () => {
    expect(await info()).toMatchObject({ janus: 'server_info', 'public-ip': publicIp, api_secret: true });
    expect(await node.log('janus')).not.toMatch(/\[(ERR|FATAL)\]/);
    const { url } = parseJanusUrl(await node.variable('PATCHBAY_JANUS_URL'));
    const client = await RawClient.connect(url, ['janus-protocol']);
    client.send({ janus: 'create', transaction: '1' });
    expect(await client.next(() => true)).toMatchObject({ janus: 'error', error: { code: 403 } });
    await client.close();
    expect(await listeners(first)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('starts Janus again when it is killed, and is healthy all the time', async () => {
    await info();
    await startsAgain('janus', first, 'janus');
    expect(await info()).toMatchObject({ janus: 'server_info' });
  });

  test('ends when it is told to, and Janus with it', async () => {
    await info();
    await endsWell('janus', first);
    expect(await node.log('janus')).toContain('Bye!');
  });
});

describe("FreeSWITCH's container", () => {
  test('runs the program on what configure wrote, together with the files of the image', async () => {
    // A stand-in, which says how it was started: it is all that is needed to see what the script does.
    const standIn = await program('printf "<%s>" "$@"\nexec sleep 1000\n');
    await node.configure();
    const { pid: first = 0 } = await node.start('freeswitch', [], { PATCHBAY_FREESWITCH_BIN: standIn });
    await programOf('freeswitch', first, 'sleep');

    const folder = join(node.runDir('freeswitch'), 'freeswitch');
    const args = [...(await node.log('freeswitch')).matchAll(/<([^>]*)>/g)].map(([, arg]) => arg);
    expect(args.slice(0, 4)).toEqual(['-nf', '-nc', '-nonat', '-np']);
    expect(args.slice(4).filter((_, at) => at % 2 === 1)).toEqual(
      args.slice(4).flatMap((arg, at) => (at % 2 === 0 ? [join(folder, arg?.slice(1) ?? '')] : [])),
    );
    const conf = join(folder, 'conf');
    expect(await readFile(join(conf, 'vars.xml'), 'utf8')).toBe(await readFile(join(folder, 'vars.xml'), 'utf8'));
    expect(await readFile(join(conf, 'freeswitch.xml'), 'utf8')).toContain('data="vars.xml"');
    await startsAgain('freeswitch', first, 'sleep');
    await endsWell('freeswitch', first);
  });

  if (!freeSwitch) console.info('without PATCHBAY_FREESWITCH_BIN it is not run, only how it would be: docs/testing.md');

  describe.each(freeSwitch ? ['real'] : [])('with the %s one', () => {
    const answers = async (): Promise<string | undefined> => {
      const { eslPort, password, sipPort } = parseFreeSwitchUrl(await node.variable('PATCHBAY_FREESWITCH_URL'));
      try {
        const sip = await SipWire.open(sipPort);
        sip.close();
        const esl = await EslWire.login(eslPort, password);
        const answer = await esl.api('global_getvar media_address');
        esl.close();
        return answer;
      } catch {
        return undefined;
      }
    };

    test('runs the configuration that is made for AWS, is started again when it is killed, and ends when it is told to', async () => {
      await node.configure();
      const { pid: first = 0 } = await node.start('freeswitch');
      const mediaAddress = await until('FreeSWITCH answers', answers, 30_000);
      expect(mediaAddress).not.toBe(publicIp);
      expect(mediaAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(new Set(await listeners(first))).toEqual(new Set(['127.0.0.1']));
      await startsAgain('freeswitch', first, 'freeswitch');
      await until('FreeSWITCH answers again', answers, 30_000);
      expect(await node.log('freeswitch')).not.toMatch(/\[(ERR|CRIT|ALERT)\]/);
      await endsWell('freeswitch', first);
    });
  });
});

describe("the controller's container", () => {
  let table: TestTable;
  beforeAll(async () => {
    table = await startTable();
  });
  afterAll(() => table?.stop());

  const task = (more: Record<string, string> = {}) => ({
    PATCHBAY_PUBLIC_IP: publicIp,
    PATCHBAY_TABLE: table.name,
    PATCHBAY_DYNAMODB_ENDPOINT: table.endpoint,
    PATCHBAY_CALLBACK_URL: 'http://127.0.0.1:1',
    PATCHBAY_RELEASE: 'this one',
    PATCHBAY_FREESWITCH_URL: 'none',
    ...more,
  });

  const registered = (nodeId: string) =>
    until(
      'the node is registered with Janus up',
      async () => {
        const nodes = await new NodeStore(table).list();
        return nodes.find((one) => one.nodeId === nodeId && one.engines.some(({ kind, up }) => up && kind === 'janus'));
      },
      15_000,
    );

  test('is asked to configure, first: the bundle does it and ends', async () => {
    const endpoint = await startEndpoint((response, { url }) =>
      response.end(url === '/ecs/task' ? JSON.stringify(taskMetadata('10.0.1.7')) : `${publicIp}\n`),
    );
    const own = await NodeContainers.create({
      PATCHBAY_PUBLIC_IP_URL: endpoint.url,
      ECS_CONTAINER_METADATA_URI_V4: `${endpoint.url}/ecs`,
    });
    try {
      const configure = await own.start('controller', ['configure']);
      expect(await new Promise((resolve) => configure.once('exit', resolve))).toBe(0);
      expect(JSON.parse(await own.log('controller'))).toEqual({
        msg: 'configured',
        nodeId: taskId,
        mediaAddress: publicIp,
        localAddress: '10.0.1.7',
        iceInterfaces: ['10.0.1.7'],
      });
      expect(await own.variable('PATCHBAY_NODE_ID')).toBe(taskId);
      expect(await own.variable('PATCHBAY_PUBLIC_IP')).toBe(publicIp);
    } finally {
      await own.stopAll();
      await endpoint.stop();
    }
  });

  test('that cannot find the public address says so, and fails', async () => {
    const own = await NodeContainers.create({ PATCHBAY_PUBLIC_IP: 'nowhere' });
    const configure = await own.start('controller', ['configure']);
    expect(await new Promise((resolve) => configure.once('exit', resolve))).toBe(1);
    expect(await own.log('controller')).toBe('patchbay: PATCHBAY_PUBLIC_IP must be an IPv4 address, not nowhere\n');
    await own.stopAll();
  });

  test('registers the node, with the Janus beside it; killed, it is back, and healthy all the time', async () => {
    const own = await NodeContainers.create(task({ PATCHBAY_NODE_ID: 'first' }));
    node = own;
    await own.configure();
    await own.start('janus');
    expect(await own.isHealthy('controller')).toBe(false);
    const { pid: first = 0 } = await own.start('controller');
    expect(await registered('first')).toMatchObject({ release: 'this one', url: expect.stringContaining('127.0.0.1') });
    await until('it is healthy', () => own.isHealthy('controller'));
    const bootedAtMs = Date.now();
    // As Node calls itself.
    await startsAgain('controller', first, 'MainThread');
    await until(
      'it is registered again',
      async () => ((await registered('first')).heartbeatAtMs ?? 0) > bootedAtMs,
      15_000,
    );
    await endsWell('controller', first);
    expect((await new NodeStore(table).list()).map(({ nodeId }) => nodeId)).not.toContain('first');
  });

  test('is healthy when it can take calls for the first time, and stays so while it is down, and Janus too', async () => {
    const own = await NodeContainers.create(task({ PATCHBAY_NODE_ID: 'served' }));
    node = own;
    await own.configure();
    const { pid: first = 0 } = await own.start('controller');
    const isListed = async () => (await new NodeStore(table).list()).some(({ nodeId }) => nodeId === 'served');
    await until('it is registered, without an engine', isListed, 15_000);
    expect(await own.isHealthy('controller')).toBe(false);
    await own.start('janus');
    await until('it is healthy', () => own.isHealthy('controller'), 15_000);
    // As `configure` is when somebody runs it again.
    await own.configure();
    expect(await own.isHealthy('controller')).toBe(true);

    const pid = await programOf('controller', first, 'MainThread');
    await own.keepDown('controller');
    process.kill(pid, 'SIGKILL');
    await own.stop('janus');
    await until('it is down', () => !isAlive(pid));
    await new Promise((resolve) => setTimeout(resolve, restartMs));
    expect(descendants(first).map(({ name }) => name)).not.toContain('MainThread');
    expect(await own.isHealthy('controller')).toBe(true);
    expect(await own.isHealthy('janus')).toBe(false);
  });

  test('starts again as it was after an engine was taken over, which writes over all that it finds', async () => {
    const own = await NodeContainers.create(task({ PATCHBAY_NODE_ID: 'kept', PATCHBAY_FREESWITCH_URL: '' }));
    node = own;
    await own.configure();
    await own.start('janus');
    const { pid: first = 0 } = await own.start('controller');
    await until('it is healthy', () => own.isHealthy('controller'), 15_000);

    const taken = 'echo taken over by an engine';
    const standIn = await program(`find -L "$PATCHBAY_RUN_DIR" -type f | while read -r file; do
        rm -f "$file" && printf '#!/bin/sh\\n${taken}\\nexec sleep 1000\\n' >"$file" && chmod 755 "$file" && echo "<$file>"
      done
      echo done
      exec sleep 1000
    `);
    const secrets = [await own.variable('PATCHBAY_JANUS_URL'), await own.variable('PATCHBAY_FREESWITCH_URL')];
    await own.start('freeswitch', [], { PATCHBAY_FREESWITCH_BIN: standIn });
    await until('the engine has done so', async () => (await own.log('freeswitch')).includes('done\n'));
    // What it was told itself.
    const written = await own.log('freeswitch');
    expect(written).toContain(`<${join(own.runDir('freeswitch'), 'freeswitch', 'vars.xml')}>`);

    await startsAgain('controller', first, 'MainThread');
    expect(await own.log('controller')).not.toContain(taken);
    expect([await own.variable('PATCHBAY_JANUS_URL'), await own.variable('PATCHBAY_FREESWITCH_URL')]).toEqual(secrets);
    expect(await own.isHealthy('janus')).toBe(true);
  });

  test('is not healthy when the controller ends again and again from its first start on', async () => {
    const own = await NodeContainers.create(task({ PATCHBAY_NODE_ID: 'broken', PATCHBAY_TABLE: '' }));
    node = own;
    await own.configure();
    await own.start('janus');
    await own.start('controller');
    const answers: boolean[] = [];
    await until(
      'it has ended twice',
      async () => {
        answers.push(await own.isHealthy('controller'));
        return (await own.log('controller')).split('Error: PATCHBAY_TABLE is not set').length > 2;
      },
      15_000,
    );
    expect(answers).not.toContain(true);
    expect(await own.isHealthy('janus')).toBe(true);
  });

  test("asks with the credentials of the task's role", async () => {
    const seen: string[] = [];
    const credentials = await startEndpoint((response, request) => {
      seen.push(request.headers.authorization ?? '');
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          AccessKeyId: 'AKIDTASKROLE',
          SecretAccessKey: 'secret',
          Token: 'token',
          Expiration: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      );
    });
    const signed: string[] = [];
    const aws = await startEndpoint((response, request) => {
      signed.push(request.headers.authorization ?? '');
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end('{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException","message":"no"}');
    });
    const own = await NodeContainers.create({
      ...task({ PATCHBAY_NODE_ID: 'second', PATCHBAY_DYNAMODB_ENDPOINT: '' }),
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_DYNAMODB: aws.url,
      // As ECS has it at 169.254.170.2, of which a machine that is no task has none.
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${credentials.url}/creds`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'task',
    });
    try {
      await own.configure();
      await own.start('controller');
      const [header] = await until('DynamoDB is asked', () => signed.length > 0 && signed, 15_000);
      expect(header).toContain('Credential=AKIDTASKROLE/');
      expect(seen[0]).toBe('task');
    } finally {
      await own.stopAll();
      await credentials.stop();
      await aws.stop();
    }
  });
});
