import type { Node } from 'constructs';
import type { PatchbayProps } from './props.ts';

/** What is given to the app by `-c name=value`, or in `cdk.json`; the same names as in `props.ts`. */

export interface StageProps extends PatchbayProps {
  readonly stage: string;
  /** `alarmTopic`, which becomes a topic in the stage's own stack. */
  readonly alarmTopicArn?: string;
}

/** Without a stage: both of these. */
const usualStages = 'staging,prod';

/** A part of the stack's name, which takes nothing else. */
const stageForm = /^[A-Za-z0-9-]{1,32}$/;
const topicForm = /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}$/;

/** @throws Error that names the value, for one that cannot be read */
export function readContext(node: Node): StageProps[] {
  const text = (name: string): string | undefined => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined || value === '' ? undefined : String(value);
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value !== undefined && !/^\d+$/.test(value)) throw new Error(`-c ${name}: a whole number, not ${value}`);
    return value === undefined ? undefined : Number(value);
  };
  const choice = <T extends string>(name: string, ...choices: readonly T[]): T | undefined => {
    const value = text(name);
    const chosen = choices.find((one) => one === value);
    if (value !== undefined && chosen === undefined)
      throw new Error(`-c ${name}: ${choices.join(' or ')}, not ${value}`);
    return chosen;
  };
  const yes = (name: string): boolean | undefined => {
    const chosen = choice(name, 'true', 'false');
    return chosen === undefined ? undefined : chosen === 'true';
  };

  const issuer = text('jwtIssuer');
  const [audience, jwksUrl] = [text('jwtAudience'), text('jwksUrl')];
  if ([issuer, audience, jwksUrl].some(Boolean) && !(issuer && audience && jwksUrl)) {
    throw new Error('-c jwtIssuer, jwtAudience and jwksUrl: all of them or none');
  }
  const [image, bin] = [text('freeswitchImage'), text('freeswitchBin')];
  const alarmTopicArn = text('alarmTopic');
  if (alarmTopicArn !== undefined && !topicForm.test(alarmTopicArn)) {
    throw new Error(`-c alarmTopic: the ARN of a standard topic of SNS, not ${alarmTopicArn}`);
  }
  const names = (text('stage') ?? usualStages).split(',').map((one) => one.trim());
  const wrong = names.find((stage) => !stageForm.test(stage));
  if (wrong !== undefined) {
    const like = wrong.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 32) || 'my-branch';
    throw new Error(`-c stage: 1 to 32 letters, digits and -, such as ${like}, not ${wrong}`);
  }
  return names.map((stage) => ({
    stage,
    // What is not for good leaves nothing behind, and costs nothing while nobody calls.
    keepData: yes('keepData') ?? stage === 'prod',
    minNodes: number('minNodes') ?? (stage === 'prod' ? 1 : 0),
    // Many accounts have no concurrency to reserve, and stages share what there is.
    waitingConcurrency: number('waitingConcurrency') ?? (stage === 'prod' ? 100 : 0),
    // Without a topic nobody is told of alarms; they, the dashboard and each metric cost more than all else of an idle stage.
    watch: yes('watch') ?? (stage === 'prod' || alarmTopicArn !== undefined),
    containerInsights: yes('containerInsights') ?? stage === 'prod',
    ...defined({
      alarmTopicArn,
      maxNodes: number('maxNodes'),
      drainMinutes: number('drainMinutes'),
      recordingDays: number('recordingDays'),
      janus: choice('janus', 'own', 'none'),
      freeswitch: choice('freeswitch', 'own', 'none'),
      freeswitchImage: image === undefined ? undefined : { name: image, ...(bin !== undefined && { bin }) },
      nodeArchitecture: choice('nodeArchitecture', 'arm64', 'x86_64'),
      apiGatewayLogRole: choice('apiGatewayLogRole', 'make', 'existing'),
      tracing: yes('tracing'),
      console: yes('console'),
      jwt: issuer && audience && jwksUrl ? { issuer, audience, jwksUrl } : undefined,
    }),
  }));
}

/** Without what is undefined: a property that is there, but undefined, is none of CDK's forms. */
const defined = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
