import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import wrtc from '@roamhq/wrtc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalJanus, startJanus } from '../../lib/local/janus.ts';
import { smoke } from '../../lib/smoke/smoke.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { engines, type FreeSwitchStack, startFreeSwitchStack } from '../support/freeswitch-stack.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { goodClaims, secretEnvironment, signed } from '../support/tokens.ts';

/** The smoke test itself: what it says of a deployment that is well, and of one that is not. */

/** In this process: its exit code, and what it printed, without the times. */
async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const printed: string[] = [];
  const code = await smoke(args, { print: (line) => printed.push(line), loadWrtc: async () => wrtc });
  const lines = printed.flatMap((line) => line.split('\n')).map((line) => line.replace(/ +\d+\.\d+ s/, '').trim());
  return { code, lines: lines.filter((line) => line !== '') };
}
/** The names of the checks, each with what came of it. */
const checks = (lines: readonly string[]) =>
  lines.filter((line) => /^(ok|FAIL|--) /.test(line)).map((line) => line.split(/ {2,}/).slice(0, 2).join(' '));

const wellWithMedia = [
  'ok connect',
  'ok echo: offer and answer',
  'ok echo: events arrive',
  'ok echo: media connects',
  'ok echo: media is heard',
  'ok echo: ends',
  'ok room: publish',
  'ok room: listen',
  'ok room: media to the listener connects',
  'ok room: media to the listener is heard',
  'ok room: ends',
];

describe('against a deployment with tokens', () => {
  let stack: TestStack;
  let token: string;
  beforeAll(async () => {
    stack = await startTestStack({ PATCHBAY_AUTH: 'jwt', ...secretEnvironment });
    token = await signed(goodClaims());
  });
  afterAll(() => stack?.stop());

  test('that is well every check passes, with real media, and it ends with 0', async () => {
    const { code, lines } = await run('--url', stack.api, '--token', token);
    expect(lines.slice(0, 2)).toEqual([
      `smoke test of ${new URL(stack.api).host}/ws`,
      'checked: signalling, and real media by @roamhq/wrtc',
    ]);
    expect(checks(lines)).toEqual(wellWithMedia);
    expect([code, lines.at(-1)]).toEqual([0, 'passed: 11 checks passed, in']);
    expect(lines.find((line) => line.includes('media is heard'))).toMatch(/4[34]\d Hz$/);
  });

  test('npm run smoke is the same, with the token from the environment', async () => {
    const main = fileURLToPath(new URL('../../lib/smoke/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--url', stack.api], {
      env: { ...process.env, PATCHBAY_TOKEN: token },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, output.includes('passed: 11 checks passed')]).toEqual([0, true]);
    expect(output).not.toContain(token);
  });

  test('without media the signalling is checked, and the report says what was not', async () => {
    const { code, lines } = await run('--url', stack.api, '--token', token, '--media', 'skip');
    expect(lines[1]).toBe('checked: signalling alone (--media skip)');
    expect(checks(lines).filter((line) => line.startsWith('--'))).toEqual(['-- echo: media', '-- room: listen']);
    expect([code, lines.at(-1)]).toEqual([0, 'passed: 6 checks passed, 2 not checked, in']);
  });

  test.each([
    ['auto', 0],
    ['require', 1],
  ])('where libwebrtc is not installed, --media %s ends with %i', async (media, expected) => {
    const printed: string[] = [];
    const io = { print: (line: string) => printed.push(line), loadWrtc: async () => undefined, token };
    expect(await smoke(['--url', stack.api, '--media', media], io)).toBe(expected);
    const report = printed.join('\n');
    expect(report).toContain('checked: signalling alone (the package @roamhq/wrtc is not installed)');
    expect(report.includes('npm install @roamhq/wrtc')).toBe(media === 'require');
  });

  test.each([
    ['without a token', async () => [], '401: the token is missing, has expired'],
    [
      'with one that has expired',
      async () => ['--token', await signed(goodClaims({ exp: 1000 }))],
      '401: the token is missing, has expired',
    ],
    [
      'with one for somebody else',
      async () => ['--token', await signed(goodClaims({ aud: 'elsewhere' }))],
      '403: the token is genuine, but for another',
    ],
    [
      'with what is no token',
      async () => ['--token', 'not a token'],
      'not_authenticated: the token has characters that a JWT never has',
    ],
  ])('%s it says so, and ends with 1', async (_, args, why) => {
    const { code, lines } = await run('--url', stack.api, ...(await args()));
    expect([code, checks(lines)]).toEqual([1, ['FAIL connect']]);
    expect(lines.join('\n')).toContain(why);
    expect(lines.at(-1)).toBe('FAILED: 1 failed, 0 checks passed, in');
  });

  test('with a token that may not make rooms the echo call is checked all the same', async () => {
    const limited = await signed(goodClaims({ scope: 'media:session' }));
    const { code, lines } = await run('--url', stack.api, '--token', limited, '--media', 'skip');
    expect([code, checks(lines).slice(-2)]).toEqual([1, ['ok echo: ends', 'FAIL room: publish']]);
    expect(lines).toContain('the token needs the scopes media:session and media:room');
  });

  test('with a path that is none of its own', async () => {
    const { code, lines } = await run('--url', stack.api.replace(/ws$/, 'elsewhere'), '--token', token);
    expect([code, checks(lines)]).toEqual([1, ['FAIL connect']]);
    expect(lines.join('\n')).toMatch(/40[34]: /);
  });
});

describe('where nothing is', () => {
  test.each([
    ['ws://no-such-host.invalid/ws', 'there is no such host'],
    ['ws://127.0.0.1:9/ws', 'nothing listens there'],
  ])('%s: %s', async (url, why) => {
    const { code, lines } = await run('--url', url);
    expect([code, checks(lines)]).toEqual([1, ['FAIL connect']]);
    expect(lines.join('\n')).toContain(why);
  });

  test.each([
    [[], '--url is missing'],
    [['--url', 'nonsense'], "--url must be a WebSocket's, such as wss://host/stage, not nonsense"],
    [['--url', 'https://x/console'], 'the console has another URL than the API'],
    [['--url', 'wss://x', '--media', 'loud'], '--media must be one of auto, require, skip, not loud'],
    [['--url', 'wss://x', '--wait', 'long'], '--wait must be a whole number of seconds'],
    [['--url', 'wss://x', '--speed'], "Unknown option '--speed'"],
  ])('asked with %j it ends with 2 and its usage', async (args, why) => {
    const { code, lines } = await run(...args);
    expect(code).toBe(2);
    expect(lines[0]).toContain(why);
    expect(lines.join('\n')).toContain('npm run smoke -- --url wss://…');
  });

  test('asked for help it gives it', async () => {
    expect(await run('--help')).toMatchObject({ code: 0 });
  });
});

describe('while no media node can take a call', () => {
  let folder: string;
  let janus: LocalJanus;
  let proxy: CuttableProxy;
  let stack: TestStack;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patchbay-test-janus-'));
    await mkdir(join(folder, 'logs'));
    janus = await startJanus(folder, {
      mediaAddress: '127.0.0.1',
      localAddress: '127.0.0.1',
      iceInterfaces: ['lo'],
    });
    proxy = await CuttableProxy.before(janus.url);
    stack = await startTestStack({ PATCHBAY_JANUS_URL: proxy.url });
  });
  afterAll(async () => {
    await stack?.stop();
    await proxy?.stop();
    await janus?.child.stop(2000);
    await rm(folder, { recursive: true, force: true });
  });

  test('it gives up after --wait, and says for how long it waited and for what', async () => {
    proxy.cut();
    await delay(1000);
    const { code, lines } = await run('--url', stack.api, '--wait', '7');
    expect([code, checks(lines)]).toEqual([1, ['ok connect', 'FAIL echo: offer and answer', 'FAIL room: publish']]);
    expect(lines).toContain('no media node is up yet, as after a scale to zero; waiting: 0 of 7 s');
    expect(lines.join('\n')).toMatch(/no_mediaserver: .*\(waited 5 s\)/);
  });

  test('it waits, says so, and passes once there is one', async () => {
    proxy.cut();
    await delay(1000);
    const mending = delay(2000).then(() => proxy.mend());
    const { code, lines } = await run('--url', stack.api);
    await mending;
    expect([code, checks(lines)]).toEqual([0, wellWithMedia]);
    expect(lines).toContain('no media node is up yet, as after a scale to zero; waiting: 0 of 180 s');
  });
});

describe.each(engines)('with --freeswitch, on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine, {});
  });
  afterAll(() => world?.stop());

  test('echo and conference are checked, too', async () => {
    const media = engine === 'double' ? 'skip' : 'require';
    const { code, lines } = await run('--url', world.stack.api, '--freeswitch', '--media', media);
    const names = checks(lines).filter((line) => line.includes('FreeSWITCH'));
    expect([code, names.filter((line) => !line.includes('media') && !/first|second/.test(line))]).toEqual([
      0,
      [
        'ok FreeSWITCH echo: offer and answer',
        'ok FreeSWITCH echo: events arrive',
        'ok FreeSWITCH echo: ends',
        'ok FreeSWITCH conference: join',
        'ok FreeSWITCH conference: another joins',
        'ok FreeSWITCH conference: ends',
      ],
    ]);
  });
});
