import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import {
  type ContainerDefinition,
  ContainerDependencyCondition,
  CpuArchitecture,
  FargateTaskDefinition,
  OperatingSystemFamily,
  type Secret,
} from 'aws-cdk-lib/aws-ecs';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type Variable, variables } from '../../lib/env.ts';
import type { EngineChoice, FreeSwitchImage, NodeSize } from '../props.ts';
import { addContainer, type ContainerSpec, folders, imageOf } from './container.ts';
import { secretStatements } from './encryption.ts';
import { explain } from './findings.ts';
import type { Logs } from './logs.ts';

export interface TaskProps {
  readonly logs: Logs;
  readonly size: NodeSize;
  readonly janus: EngineChoice;
  readonly freeswitch: EngineChoice;
  readonly freeswitchImage?: FreeSwitchImage | undefined;
  readonly architecture?: 'arm64' | 'x86_64' | undefined;
  readonly environment: Readonly<Partial<Record<Variable, string>>>;
}

type Container = Omit<ContainerSpec, 'name'>;

/**
 * A media node: `configure` prepares it and ends; then the controller and the engines, which speak over the task's loopback. Only
 * the controller is essential: an engine that dies is started again by its supervisor, and the calls of the other live on.
 */
export class MediaTask extends Construct {
  readonly definition: FargateTaskDefinition;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: TaskProps) {
    super(scope, id);
    const { logs, size, janus, freeswitch, freeswitchImage, environment: given } = props;
    // The public image of FreeSWITCH is for x86-64 only, and all containers of a task are of one kind.
    const { architecture = freeswitch === 'own' && !freeswitchImage ? 'x86_64' : 'arm64' } = props;
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'patchbay media nodes',
    });
    this.definition = new FargateTaskDefinition(this, 'Definition', {
      cpu: size.cpu,
      memoryLimitMiB: size.memoryMiB,
      ephemeralStorageGiB: size.diskGiB,
      runtimePlatform: {
        cpuArchitecture: architecture === 'arm64' ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      taskRole: this.role,
    });
    for (const name of Object.keys(folders)) this.definition.addVolume({ name });

    const image = imageOf(this, 'controller', { architecture });
    const buildArgs = freeswitchImage && {
      FREESWITCH_IMAGE: freeswitchImage.name,
      ...(freeswitchImage.bin !== undefined && { FREESWITCH_BIN: freeswitchImage.bin }),
    };
    const engines: [string, Container][] = (['janus', 'freeswitch'] as const)
      .filter((kind) => (kind === 'janus' ? janus : freeswitch) === 'own')
      .map((kind) => [
        kind,
        {
          image: imageOf(this, kind, { architecture, ...(kind === 'freeswitch' && { buildArgs }) }),
          supervised: kind,
          essential: false,
          folders: [kind, 'data'],
        },
      ]);

    const plain = toVariables({
      ...given,
      ...(janus === 'none' && { janusUrl: 'none' }),
      ...(freeswitch === 'none' && { freeswitchUrl: 'none' }),
    });
    // What a node says of itself; `configure` adds the revision of the task, so that whatever changes it makes another release.
    const hashes = [image, ...engines.map(([, engine]) => engine.image)].map(({ assetHash }) => assetHash);
    const environment = {
      ...plain,
      ...toVariables({ release: hashOf(Stack.of(this).resolve([size, plain, hashes])) }),
    };
    const secrets = {
      ...(typeof janus === 'object' && { [variables.janusUrl]: this.#read(janus.urls) }),
      ...(typeof freeswitch === 'object' && { [variables.freeswitchUrl]: this.#read(freeswitch.urls) }),
    };

    const add = (name: string, container: Container): ContainerDefinition =>
      addContainer(this.definition, logs, { name, ...container });
    // It hands on what it was given, and what it found out, to each of the others in that one's folder.
    const configure = add('configure', {
      image,
      command: ['configure'],
      essential: false,
      folders: ['controller', 'janus', 'freeswitch'],
      environment,
      secrets,
    });
    const controller = add('controller', {
      image,
      supervised: 'controller',
      essential: true,
      folders: ['controller', 'data'],
      environment,
    });
    for (const container of [controller, ...engines.map(([name, engine]) => add(name, engine))]) {
      container.addContainerDependencies({ container: configure, condition: ContainerDependencyCondition.SUCCESS });
    }
    explain(this.definition, {
      ECS2: 'The environment holds names and URLs only. Passwords of engines elsewhere come as secrets; those of the own engines are made at each start and never leave the task.',
      'IAM5[Resource::*]': "The execution role's ecr:GetAuthorizationToken has no resource to name.",
    });
  }

  /** For a variable: ECS reads it when a task starts. */
  #read(secret: ISecret): Secret {
    const role = this.definition.obtainExecutionRole();
    for (const statement of secretStatements(secret)) role.addToPrincipalPolicy(statement);
    return { arn: secret.secretArn, grantRead: (grantee) => Grant.drop(grantee, 'granted already') };
  }
}

const toVariables = (values: Readonly<Partial<Record<Variable, string>>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [variables[name as Variable], value]));

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
