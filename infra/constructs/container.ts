import { Duration, IgnoreMode } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  Capability,
  type ContainerDefinition,
  ContainerImage,
  type FargateTaskDefinition,
  LinuxParameters,
  LogDriver,
  type Secret,
  UlimitName,
} from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { asset } from '../assets.ts';
import type { Logs } from './logs.ts';

export const imageNames = ['controller', 'janus', 'freeswitch'] as const;
export type ImageName = (typeof imageNames)[number];

export interface ImageOptions {
  readonly architecture: 'arm64' | 'x86_64';
  readonly buildArgs?: Record<string, string> | undefined;
}

/** Docker builds it when it is deployed; what is needed before that is only what it is made of. */
export const imageOf = (
  scope: Construct,
  name: ImageName,
  { architecture, buildArgs }: ImageOptions,
): DockerImageAsset =>
  new DockerImageAsset(scope, `${name}-image`, {
    directory: asset('infra', 'containers'),
    file: `${name}/Dockerfile`,
    platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    ...(buildArgs && { buildArgs }),
    // What is another image's does not make this one new.
    exclude: ['*', '!supervise', `!${name}`],
    ignoreMode: IgnoreMode.DOCKER,
  });

/**
 * The task's volumes, and where they are mounted: all that is written anywhere. The images declare them, so they belong to the
 * user of the images. Those named after a container have what `configure` tells it at its start, and what it writes for itself,
 * s6 too: an engine, which takes what strangers send, must not reach what the controller runs on.
 */
export const folders = {
  controller: '/run/patchbay/controller',
  janus: '/run/patchbay/janus',
  freeswitch: '/run/patchbay/freeswitch',
  /** What the engines record and the controller uploads. */
  data: '/var/lib/patchbay',
} as const;
export type FolderName = keyof typeof folders;

export interface ContainerSpec {
  readonly name: string;
  readonly image: DockerImageAsset;
  /** Runs until it is stopped, by a supervisor of this name; otherwise once. */
  readonly supervised?: ImageName;
  readonly essential: boolean;
  readonly command?: string[];
  readonly folders: readonly FolderName[];
  readonly environment?: Record<string, string>;
  readonly secrets?: Record<string, Secret>;
}

/** The user of all images. */
const user = '10001:10001';

/** Without root, without capabilities, without a file system that it can write to but its folders. */
export function addContainer(task: FargateTaskDefinition, logs: Logs, spec: ContainerSpec): ContainerDefinition {
  const { name, image, supervised, folders: shared, ...options } = spec;
  const linuxParameters = new LinuxParameters(task, `${name}-linux`);
  linuxParameters.dropCapabilities(Capability.ALL);
  const container = task.addContainer(name, {
    ...options,
    image: ContainerImage.fromDockerImageAsset(image),
    user,
    readonlyRootFilesystem: true,
    linuxParameters,
    stopTimeout: Duration.seconds(120),
    ulimits: [{ name: UlimitName.NOFILE, softLimit: 65_536, hardLimit: 65_536 }],
    logging: LogDriver.awsLogs({ logGroup: logs.nodes, streamPrefix: name }),
    ...(supervised && supervision(supervised)),
  });
  container.addMountPoints(
    ...shared.map((folder) => ({ sourceVolume: folder, containerPath: folders[folder], readOnly: false })),
  );
  return container;
}

/** The supervisor restarts its program at once; ECS the supervisor, if it has lived for a minute (by itself: five). */
const supervision = (name: ImageName) => ({
  enableRestartPolicy: true,
  restartAttemptPeriod: Duration.seconds(60),
  healthCheck: { ...health(name), interval: Duration.seconds(30), retries: 5 },
});

/**
 * Healthy is a container whose supervisor lives: its program may die and come back while calls go on. The controller must also have
 * been able to take calls once, which a slow start of the engines holds up: five minutes of grace are the most that ECS has.
 */
const health = (name: ImageName) =>
  name === 'controller'
    ? { command: ['CMD', '/opt/patchbay/healthy'], startPeriod: Duration.minutes(5) }
    : { command: ['CMD', 's6-svok', `${folders[name]}/s6/${name}`], startPeriod: Duration.minutes(1) };
