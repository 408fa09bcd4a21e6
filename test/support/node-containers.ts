import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bundleController } from '../../infra/bundle-controller.ts';
import { configure } from '../../lib/configure/configure.ts';
import { nodeFiles } from '../../lib/configure/node-files.ts';
import { findProgram } from '../../lib/local/child.ts';
import { freePorts } from '../../lib/local/ports.ts';
import { type Image, layOut } from './dockerfile.ts';
import { composeMounts } from './mounts.ts';

export type ContainerName = 'controller' | 'janus' | 'freeswitch';
type Environment = Readonly<Record<string, string>>;

const images = ['controller', 'janus', 'freeswitch'] as const;
const runPath = '/run/patchbay';

/**
 * The containers of a node, without containers: the files of each image, run as its Dockerfile says, with s6 as first
 * process and what `configure` wrote, on free ports. Each has a root of its own, with the volumes that compose.yaml mounts
 * in it, so it finds there what it would find in its container, and nothing else.
 */
export class NodeContainers {
  /** The recordings: they have the same path for all who mount them. */
  readonly dataDir: string;
  readonly #folder: string;
  readonly #env: Environment;
  readonly #images = new Map<ContainerName, Image>();
  readonly #running = new Map<ContainerName, ChildProcess>();

  private constructor(folder: string, env: Environment) {
    this.#folder = folder;
    this.#env = env;
    this.dataDir = join(folder, 'volumes', 'data');
  }

  /** @param env of the task, which all containers have */
  static async create(env: Environment): Promise<NodeContainers> {
    const node = new NodeContainers(await mkdtemp(join(tmpdir(), 'patchbay-test-node-')), env);
    for (const name of images) node.#images.set(name, await layOut(name, join(node.#folder, 'images')));
    for (const name of ['configure', ...images] as const) await node.#mount(name);
    return node;
  }

  async #mount(name: ContainerName | 'configure'): Promise<void> {
    for (const [volume, path] of await composeMounts(name)) {
      const [from, to] = [join(this.#folder, 'volumes', volume), join(this.#folder, 'roots', name, path)];
      await mkdir(from, { recursive: true, mode: 0o700 });
      await mkdir(dirname(to), { recursive: true });
      await symlink(from, to);
    }
  }

  /** What a container has at `/run/patchbay`. */
  runDir(name: ContainerName | 'configure'): string {
    return join(this.#folder, 'roots', name, runPath);
  }

  /** Anew, so that what runs is what the source says. */
  static bundled(): Promise<void> {
    return bundleController();
  }

  /** What the one-shot container does, but for the ports. */
  async configure(): Promise<void> {
    const [janus = 0, janusAdmin = 0, esl = 0, sip = 0] = await freePorts(4);
    const environment = { ...this.#env, PATCHBAY_RUN_DIR: this.runDir('configure') };
    await configure({ environment, ports: { janus, janusAdmin, esl, sip } });
  }

  /** A variable of the controller, as `configure` left it. */
  variable(name: string): Promise<string> {
    return readFile(join(nodeFiles(this.runDir('controller')).environment, name), 'utf8');
  }

  image(name: ContainerName): Image {
    const image = this.#images.get(name);
    if (!image) throw new Error(`no image ${name}`);
    return image;
  }

  /** Starts a container; its process is the first one in it. */
  async start(name: ContainerName, command = this.image(name).cmd, more: Environment = {}): Promise<ChildProcess> {
    const { entrypoint } = this.image(name);
    // Where util-linux has it, setpriv lets the kernel end the container with a test run that is killed.
    const setpriv = await findProgram('setpriv');
    const guard = setpriv ? [setpriv, '--pdeathsig', 'TERM'] : [];
    const [program = '', ...args] = [...guard, ...entrypoint, ...command];
    const log = await open(join(this.#folder, `${name}.log`), 'a');
    const child = spawn(program, args, {
      env: { ...this.#environment(name, command[0] === 'configure' ? 'configure' : name), ...more },
      stdio: ['ignore', log.fd, log.fd],
    });
    await log.close();
    this.#running.set(name, child);
    return child;
  }

  log(name: ContainerName): Promise<string> {
    return readFile(join(this.#folder, `${name}.log`), 'utf8');
  }

  /** What the health check of its image says. */
  async isHealthy(name: ContainerName): Promise<boolean> {
    const [program = '', ...args] = this.image(name).healthcheck.map((word) =>
      word.replace(runPath, this.runDir(name)),
    );
    return promisify(execFile)(program, args, { env: this.#environment(name) }).then(
      () => true,
      () => false,
    );
  }

  /** Has the supervisor not start its program again, once it has ended. */
  async keepDown(name: ContainerName): Promise<void> {
    await promisify(execFile)('s6-svc', ['-O', join(this.runDir(name), name, 's6', name)]);
  }

  /** As ECS does it. Resolves with how the container ended. */
  async stop(name: ContainerName): Promise<number | NodeJS.Signals | null> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    return code ?? signal;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)));
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The image's, the task's, and where what is below the root lies here. */
  #environment(name: ContainerName, root: ContainerName | 'configure' = name): NodeJS.ProcessEnv {
    const { env } = this.image(name);
    const here: Environment = {
      PATCHBAY_RUN_DIR: this.runDir(root),
      PATCHBAY_RECORDINGS_DIR: join(this.dataDir, 'recordings'),
      PATCHBAY_NODE_PORT: '0',
      PATCHBAY_FREESWITCH_BIN: process.env.PATCHBAY_FREESWITCH_BIN ?? '',
      PATH: [dirname(process.execPath), process.env.PATH].join(':'),
    };
    return { ...env, ...this.#env, ...here };
  }
}
