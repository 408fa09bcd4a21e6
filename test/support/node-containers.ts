import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bundleController } from '../../infra/bundle-controller.ts';
import { configure } from '../../lib/configure/configure.ts';
import { findProgram } from '../../lib/local/child.ts';
import { freePorts } from '../../lib/local/ports.ts';
import { type Image, layOut } from './dockerfile.ts';

export type ContainerName = 'controller' | 'janus' | 'freeswitch';
type Environment = Readonly<Record<string, string>>;

/**
 * The containers of a node, without containers: the files of each image, run as its Dockerfile says, with s6 as first
 * process and what `configure` wrote, on free ports.
 */
export class NodeContainers {
  readonly runDir: string;
  /** What the images share beside it. */
  readonly dataDir: string;
  readonly #folder: string;
  readonly #env: Environment;
  readonly #images = new Map<ContainerName, Image>();
  readonly #running = new Map<ContainerName, ChildProcess>();

  private constructor(folder: string, env: Environment) {
    this.#folder = folder;
    this.#env = env;
    this.runDir = join(folder, 'run');
    this.dataDir = join(folder, 'data');
  }

  /** @param env of the task, which all containers have */
  static async create(env: Environment): Promise<NodeContainers> {
    const node = new NodeContainers(await mkdtemp(join(tmpdir(), 'patchbay-test-node-')), env);
    for (const folder of [node.runDir, node.dataDir]) await mkdir(folder);
    for (const name of ['controller', 'janus', 'freeswitch'] as const) {
      node.#images.set(name, await layOut(name, join(node.#folder, 'images')));
    }
    return node;
  }

  /** Anew, so that what runs is what the source says. */
  static bundled(): Promise<void> {
    return bundleController();
  }

  /** What the one-shot container does, but for the ports. */
  async configure(): Promise<void> {
    const [janus = 0, janusAdmin = 0, esl = 0, sip = 0] = await freePorts(4);
    const environment = { ...this.#env, PATCHBAY_RUN_DIR: this.runDir };
    await configure({ environment, ports: { janus, janusAdmin, esl, sip } });
  }

  /** A variable of the controller, as `configure` left it. */
  variable(name: string): Promise<string> {
    return readFile(join(this.runDir, 'environment', name), 'utf8');
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
      env: { ...this.#environment(name), ...more },
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
      word.replace('/run/patchbay', this.runDir),
    );
    return promisify(execFile)(program, args, { env: this.#environment(name) }).then(
      () => true,
      () => false,
    );
  }

  /** Has the supervisor not start its program again, once it has ended. */
  async keepDown(name: ContainerName): Promise<void> {
    await promisify(execFile)('s6-svc', ['-O', join(this.runDir, 's6', name, name)]);
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
  #environment(name: ContainerName): NodeJS.ProcessEnv {
    const { env } = this.image(name);
    const here: Environment = {
      PATCHBAY_RUN_DIR: this.runDir,
      PATCHBAY_RECORDINGS_DIR: join(this.dataDir, 'recordings'),
      PATCHBAY_NODE_PORT: '0',
      PATCHBAY_FREESWITCH_BIN: process.env.PATCHBAY_FREESWITCH_BIN ?? '',
      PATH: [dirname(process.execPath), process.env.PATH].join(':'),
    };
    return { ...env, ...this.#env, ...here };
  }
}
