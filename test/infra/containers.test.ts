import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeFiles } from '../../lib/configure/node-files.ts';
import { mediaPorts } from '../../lib/engines/media-ports.ts';
import { variables } from '../../lib/env.ts';
import { containersDir, readDockerfile, said } from '../support/dockerfile.ts';
import { composeMounts, mounts } from '../support/mounts.ts';

/** What hadolint would look for, and more: it is neither in npm nor in Debian. */

const nodeImages = ['controller', 'janus', 'freeswitch'];
const images = [...nodeImages, 'gateway'];
const digest = /@sha256:[0-9a-f]{64}$/;
const exactTag = /^[a-z0-9./-]+:(?:[a-z]+-)?\d+(?:\.\d+)*[a-z0-9.-]*@/;

const dockerfileOf = (name: string) => readDockerfile(join(containersDir, name, 'Dockerfile'));
async function lastStage(name: string) {
  const stage = (await dockerfileOf(name)).stages.at(-1);
  if (!stage) throw new Error(`${name} has no stage`);
  return stage;
}

test('there is a Dockerfile for each image, and each is looked at here', async () => {
  const folders = (await readdir(containersDir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...images].sort());
});

describe.each(images)('the image %s', (name) => {
  test('is built on images that are pinned by version and content, each of them', async () => {
    const { stages } = await dockerfileOf(name);
    const own = stages.flatMap((stage) => stage.name ?? []);
    const bases = stages.map(({ base }) => base).filter((base) => !own.includes(base));
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases) {
      expect(base).toMatch(digest);
      expect(base).toMatch(exactTag);
      expect(base).not.toContain('latest');
    }
    // A stage that stands for an image can only be one that is there.
    for (const { base } of stages) expect(base === '' ? 'none' : base).not.toBe('none');
  });

  test('runs as a user of its own, by number, that owns what it writes to and nothing else', async () => {
    const stage = await lastStage(name);
    expect(said(stage, 'USER')).toEqual(['10001:10001']);
    const after = stage.instructions.slice(stage.instructions.findIndex(({ word }) => word === 'USER') + 1);
    expect(after.map(({ word }) => word)).toEqual(expect.not.arrayContaining(['USER', 'RUN', 'COPY', 'ADD']));
    const volumes: string[] = JSON.parse(said(stage, 'VOLUME')[0] ?? '[]');
    const runs = said(stage, 'RUN').join(' && ');
    // Whatever is mounted into a container of it, by exactly that path: else the volume would be root's.
    const containers = name === 'controller' ? ['configure', 'controller'] : [name];
    const mounted = containers.flatMap((one) => mounts[one] ?? []).map(([, path]) => path);
    expect(volumes).toEqual([...new Set(mounted)]);
    // A volume takes over the owner of the folder in the image.
    expect(runs).toContain(`install -d -m 0700 -o 10001 -g 10001 ${volumes.join(' ')}`);
    expect(said(stage, 'COPY').filter((rest) => /--chown|--chmod/.test(rest))).toEqual([]);
  });

  test('lets its user read all that it copies', async () => {
    const { stages } = await dockerfileOf(name);
    const runs = stages.flatMap((stage) => said(stage, 'RUN')).filter((rest) => rest.includes('chmod'));
    expect(runs).toEqual([expect.stringMatching(/(?:^|&& )chmod -R a\+rX \/opt\/patchbay$/)]);
  });

  test('takes nothing from the network but packages, and leaves none of their lists', async () => {
    for (const { instructions } of (await dockerfileOf(name)).stages) {
      for (const { word, rest } of instructions) {
        expect(word).not.toBe('ADD');
        expect(rest).not.toMatch(/\b(curl|wget)\b|apt-get (dist-)?upgrade|apt-key|--allow-unauthenticated|chmod 777/);
        for (const [add] of rest.matchAll(/apk (add|upgrade) \S+/g)) expect(add).toContain('--no-cache');
        if (!rest.includes('apt-get install')) continue;
        expect(rest).toMatch(
          /apt-get update .*apt-get install -y --no-install-recommends .*rm -rf \/var\/lib\/apt\/lists/,
        );
      }
    }
  });

  test('has no secret in it: what it is told at its start comes from elsewhere', async () => {
    const { args, stages } = await dockerfileOf(name);
    const set = stages.flatMap((stage) => said(stage, 'ENV')).flatMap((rest) => rest.split(' '));
    for (const word of [...args.keys(), ...set]) expect(word).not.toMatch(/SECRET|PASSWORD|TOKEN|KEY/i);
    const known: readonly string[] = Object.values(variables);
    const names = set.map((pair) => pair.split('=')[0] ?? '').filter((one) => one.startsWith('PATCHBAY_'));
    expect(known).toEqual(expect.arrayContaining(names));
  });

  test('copies what is there', async () => {
    const { stages } = await dockerfileOf(name);
    const context = name === 'gateway' ? join(containersDir, '../..') : containersDir;
    const copies = stages.flatMap((stage) => said(stage, 'COPY')).filter((rest) => !rest.startsWith('--from='));
    for (const source of copies.flatMap((rest) => rest.split(' ').slice(0, -1))) {
      // The bundles are made before the image is.
      if (source !== 'controller/dist/') await expect(stat(join(context, source)), source).resolves.toBeDefined();
    }
  });
});

describe.each(nodeImages)("the node's image %s", (name) => {
  test('has s6 of its distribution as its first process, and is healthy as long as that watches over its program', async () => {
    const stage = await lastStage(name);
    const pinned = name === 'freeswitch' ? /apk add --no-cache 's6~[\d.]+'/ : /apt-get install .*'s6=[\d.]+-\d+\*'/;
    expect(said(stage, 'RUN').join(' ')).toMatch(pinned);
    const [entrypoint = ''] = said(stage, 'ENTRYPOINT');
    const [script = '', ...args]: string[] = JSON.parse(entrypoint);
    expect([script, ...args]).toEqual(
      name === 'controller' ? ['/opt/patchbay/entrypoint'] : ['/opt/patchbay/supervise', name],
    );
    const [health = ''] = said(stage, 'HEALTHCHECK');
    expect(health).toMatch(/--interval=\d+s .*--start-period=\d+s/);
    // That of the controller asks for more, by a script.
    expect(JSON.parse(/\[.*\]$/.exec(health)?.[0] ?? '[]')).toEqual(
      name === 'controller' ? ['/opt/patchbay/healthy'] : ['s6-svok', `/run/patchbay/${name}/s6/${name}`],
    );
  });

  test('is started by plain scripts that may be run, stop at the first fault, and end as the program itself', async () => {
    const scripts = said(await lastStage(name), 'COPY')
      .filter((rest) => !rest.startsWith('--from='))
      .flatMap((rest) => rest.split(' ').slice(0, -1))
      .filter((file) => /^(supervise|.*\/(run|start|entrypoint|healthy))$/.test(file));
    expect(scripts.length).toBeGreaterThan(1);
    for (const file of scripts) {
      const path = join(containersDir, file);
      expect((await stat(path)).mode & 0o111, file).toBe(0o111);
      const text = await readFile(path, 'utf8');
      expect(text, file).toMatch(/^#!\/bin\/sh\n/);
      expect(text, file).toMatch(/\nexec [^\n]*\n$|\nesac\n$/);
      const isOneLine = text.split('\n').length <= 3;
      if (!isOneLine) expect(text, file).toContain('\nset -eu\n');
    }
  });
});

test("the controller's container has five minutes to become healthy, and is told where to say so", async () => {
  const stage = await lastStage('controller');
  expect(said(stage, 'HEALTHCHECK')[0]).toContain('--start-period=300s');
  expect(said(stage, 'ENV').join(' ')).toContain('PATCHBAY_RUN_DIR=/run/patchbay');
  expect(nodeFiles('/run/patchbay').served).toBe('/run/patchbay/controller/served');
  expect(await readFile(join(containersDir, 'controller/healthy'), 'utf8')).toContain('"$own/served"');
});

test('FreeSWITCH is taken as it is: nothing here fetches its source or builds it, and another image can be named', async () => {
  const { args, stages } = await dockerfileOf('freeswitch');
  expect([...args.keys()]).toEqual(['FREESWITCH_IMAGE']);
  expect(stages).toHaveLength(1);
  const stage = await lastStage('freeswitch');
  expect(said(stage, 'ARG')).toEqual([
    'FREESWITCH_BIN=/usr/bin/freeswitch',
    expect.stringMatching(/^FREESWITCH_PACKAGES="ffmpeg-[\w -]+"$/),
  ]);
  expect(said(stage, 'ENV').join(' ')).toMatch(/^PATCHBAY_FREESWITCH_BIN=\$\{FREESWITCH_BIN\}$/);
  expect(said(stage, 'RUN').join(' ')).not.toMatch(/\b(git|make|cmake|configure|gcc|cc)\b|build-|-dev\b/);
  expect((await readdir(join(containersDir, 'freeswitch'))).sort()).toEqual(['Dockerfile', 'conf', 'run', 'start']);
});

test('the ports of media do not meet, and are those that a firewall has to let through', () => {
  const ranges = Object.values(mediaPorts).sort((a, b) => a.first - b.first);
  expect(ranges.map(({ first }) => first)).toEqual([10_000, 20_000, 30_000]);
  for (const [at, { first }] of ranges.entries()) if (at > 0) expect(first).toBeGreaterThan(ranges[at - 1]?.last ?? 0);
  expect(ranges.at(-1)?.last).toBe(59_999);
});

describe('compose.yaml', () => {
  const read = () => readFile(join(containersDir, 'compose.yaml'), 'utf8');

  test('has images that are built here, or pinned', async () => {
    const named = [...(await read()).matchAll(/^ {4}image: (\S+)$/gm)].map(([, image = '']) => image);
    expect(named.filter((image) => image !== 'patchbay-controller')).toEqual([
      expect.stringMatching(/^amazon\/dynamodb-local:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/),
    ]);
    const dockerfiles = [...(await read()).matchAll(/dockerfile: ([\w/]+)/g)].map(([, file]) => file);
    expect(new Set(dockerfiles)).toEqual(
      new Set([...nodeImages.map((name) => `${name}/Dockerfile`), 'infra/containers/gateway/Dockerfile']),
    );
  });

  test('shuts in all that it builds: read-only, without capabilities, as the user of the images', async () => {
    const text = await read();
    const contained = /x-contained: &contained\n([\s\S]*?)\n\n/.exec(text)?.[1] ?? '';
    for (const line of [
      'read_only: true',
      'cap_drop: [ALL]',
      'user: "10001:10001"',
      'no-new-privileges:true',
      'nofile: 65536',
    ]) {
      expect(contained).toContain(line);
    }
    for (const service of ['configure', 'gateway']) expect(text).toContain(`  ${service}:\n    <<: *contained\n`);
    for (const service of nodeImages) expect(text).toContain(`  ${service}:\n    <<: *node\n`);
    expect(text).toContain('x-node: &node\n  <<: *contained\n');
    expect(text).not.toContain('privileged: true');
  });

  test('says only what there is to be said', async () => {
    const known: readonly string[] = Object.values(variables);
    for (const [, name = ''] of (await read()).matchAll(/^ {2,6}(PATCHBAY_\w+):/gm)) expect(known).toContain(name);
  });

  test('mounts what is mounted on AWS, and nothing in memory, which would be emptied when configure ends', async () => {
    for (const [service, expected] of Object.entries(mounts)) expect(await composeMounts(service)).toEqual(expected);
    const named = Object.values(mounts).flatMap((some) => some.map(([volume]) => volume));
    const declared = /\nvolumes:\n([\s\S]*)$/.exec(await read())?.[1] ?? '';
    expect([...declared.matchAll(/^ {2}(\w+):$/gm)].map(([, volume]) => volume)).toEqual([...new Set(named)]);
    expect(declared).not.toMatch(/^ {4}/m);
  });
});
