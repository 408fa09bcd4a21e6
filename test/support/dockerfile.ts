import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Dockerfiles as they are read by whoever has no Docker: what an image is made of, and how it is started. */

export const containersDir = fileURLToPath(new URL('../../infra/containers', import.meta.url));

export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

export interface Stage {
  readonly name: string | undefined;
  /** With build arguments at their defaults. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** https://docs.docker.com/reference/dockerfile/ without heredocs, which are not used. */
export async function readDockerfile(file: string): Promise<{ args: ReadonlyMap<string, string>; stages: Stage[] }> {
  const text = (await readFile(file, 'utf8')).replace(/^#.*\n/gm, '').replace(/\\\n/g, ' ');
  const args = new Map<string, string>();
  const stages: { name: string | undefined; base: string; instructions: Instruction[] }[] = [];
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    const stage = stages.at(-1);
    if (word === 'FROM') {
      const [image = '', , name] = rest.split(/\s+/);
      stages.push({ name, base: image.replace(/\$\{(\w+)\}/g, (_, arg) => args.get(arg) ?? ''), instructions: [] });
    } else if (word === 'ARG' && !stage) {
      args.set(rest.slice(0, rest.indexOf('=')), rest.slice(rest.indexOf('=') + 1));
    } else if (stage) {
      stage.instructions.push({ word, rest: rest.replace(/\s+/g, ' ') });
    } else throw new Error(`${file}: ${line} before FROM`);
  }
  return { args, stages };
}

/** What the last stage says by a word: several times, or once. */
export const said = ({ instructions }: Stage, word: string): string[] =>
  instructions.filter((one) => one.word === word).map(({ rest }) => rest);

export interface Image {
  /** Where its files lie that an image has below `/opt/patchbay`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** ENTRYPOINT, with its paths where the files are; and what it is given if nothing else is asked for. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** The same of its health check. */
  readonly healthcheck: readonly string[];
}

const home = '/opt/patchbay';

/** Puts the files of an image where they can be run. Those of other stages are what this machine has installed. */
export async function layOut(name: string, into: string): Promise<Image> {
  const { stages } = await readDockerfile(join(containersDir, name, 'Dockerfile'));
  const stage = stages.at(-1);
  if (!stage) throw new Error(`${name} has no stage`);
  const folder = join(into, name);
  const here = (path: string) => (path.startsWith(home) ? join(folder, path.slice(home.length)) : path);
  await mkdir(folder, { recursive: true });
  for (const rest of said(stage, 'COPY').filter((one) => !one.startsWith('--from='))) {
    const words = rest.split(' ');
    const to = words.pop() ?? '';
    for (const source of words) {
      const isInto = to.endsWith('/') && !source.endsWith('/');
      const target = resolve(here(to), isInto ? basename(source) : '.');
      await mkdir(dirname(target), { recursive: true });
      await cp(join(containersDir, source), target, { recursive: true });
    }
  }
  const list = (word: string): string[] => JSON.parse(/\[.*\]/.exec(said(stage, word)[0] ?? '[]')?.[0] ?? '[]');
  const env = said(stage, 'ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('=', 2)));
  return {
    folder,
    env: Object.fromEntries(env),
    entrypoint: list('ENTRYPOINT').map(here),
    cmd: list('CMD'),
    healthcheck: list('HEALTHCHECK').map(here),
  };
}
