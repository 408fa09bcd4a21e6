import { CfnOutput } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { checkProps } from './check-props.ts';
import { PatchbayStack } from './patchbay-stack.ts';
import type { PatchbayProps } from './props.ts';

/**
 * patchbay, in anyone's stack: `new Patchbay(this, 'Calls', { … })`. It is a nested stack, for it has more resources than would
 * leave room for others.
 */
export class Patchbay extends Construct {
  /** What clients connect to: `wss://…` */
  readonly apiUrl: string;
  /** The web console's, if it has one. */
  readonly consoleUrl: string | undefined;
  /** Signs tokens, where `jwt` was left out or names a secret. */
  readonly jwtSecret: ISecret | undefined;
  /** What the name of `domain` has to point at. */
  readonly domainTarget: string | undefined;
  /** Events of sessions and rooms: source `patchbay`. */
  readonly eventBus: IEventBus;
  readonly recordings: IBucket;
  readonly vpc: IVpc;

  /** @throws Error that names the property, for one that cannot be */
  constructor(scope: Construct, id: string, props: PatchbayProps = {}) {
    super(scope, id);
    checkProps(props);
    const { api, authorizer, bus, console, domain, network, recordings } = new PatchbayStack(this, 'Stack', props);
    this.apiUrl = domain?.url ?? api.url;
    this.consoleUrl = console && `https://${console.distribution.distributionDomainName}`;
    this.jwtSecret = authorizer.secret;
    this.domainTarget = domain?.target;
    this.eventBus = bus;
    this.recordings = recordings.bucket;
    this.vpc = network.vpc;

    const outputs = {
      ApiUrl: this.apiUrl,
      ConsoleUrl: this.consoleUrl,
      JwtSecretArn: this.jwtSecret?.secretArn,
      DomainTarget: this.domainTarget,
      RecordingsBucket: this.recordings.bucketName,
      EventBusName: this.eventBus.eventBusName,
    };
    for (const [name, value] of Object.entries(outputs)) {
      if (value !== undefined) new CfnOutput(this, name, { value });
    }
  }
}
