import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { allMediaPorts as media } from '../../lib/engines/media-ports.ts';
import { explain } from './findings.ts';
import type { Logs } from './logs.ts';
import { type Records, tableActions } from './records.ts';

/** The controller's HTTP, on a node's private address. */
export const controllerPort = 8080;

export interface NetworkProps {
  readonly records: Records;
  readonly logs: Logs;
  readonly vpc?: IVpc | undefined;
  readonly functionSubnets?: readonly ISubnet[] | undefined;
  readonly nodeSubnets?: readonly ISubnet[] | undefined;
}

/**
 * Nodes in public subnets, for media goes straight to them; functions in isolated ones, from which nothing can be reached but
 * the table, by its gateway endpoint, and the nodes. No NAT.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly functionSubnets: readonly ISubnet[];
  readonly nodeSubnets: readonly ISubnet[];
  readonly functions: SecurityGroup;
  readonly nodes: SecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.vpc = props.vpc ?? this.#makeVpc(props);
    this.functionSubnets = props.functionSubnets ?? subnetsOf(this.vpc, SubnetType.PRIVATE_ISOLATED);
    this.nodeSubnets = props.nodeSubnets ?? subnetsOf(this.vpc, SubnetType.PUBLIC);

    this.functions = this.#group('Functions', 'patchbay functions that call nodes');
    this.nodes = this.#group('Nodes', 'patchbay media nodes');

    this.functions.addEgressRule(this.nodes, Port.tcp(controllerPort), 'to the controllers');
    this.functions.addEgressRule(
      Peer.anyIpv4(),
      Port.tcp(443),
      'to the table: there is no other way out of their subnets',
    );

    this.nodes.addIngressRule(this.functions, Port.tcp(controllerPort), 'functions to the controller');
    this.nodes.addIngressRule(Peer.anyIpv4(), Port.udpRange(media.first, media.last), 'media of clients');
    this.nodes.addEgressRule(Peer.anyIpv4(), Port.allUdp(), 'media to clients');
    this.nodes.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'to services of AWS');
    explain(this.nodes, {
      EC23: "Clients anywhere send their media straight to the node: UDP in the engines' media range only, where DTLS-SRTP and ICE's credentials, or the addresses agreed on for plain RTP, decide what is taken. TCP is open to the functions alone.",
    });
  }

  #makeVpc({ records, logs }: NetworkProps): Vpc {
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      // Emptying it needs a function of CDK's own; nothing of patchbay's uses it.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Nodes', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 20 },
        { name: 'Functions', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
      ],
      // Recordings and images, for nodes only.
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3, subnets: [{ subnetType: SubnetType.PUBLIC }] },
      },
    });
    const toTable = new GatewayVpcEndpoint(this, 'ToTable', { vpc, service: GatewayVpcEndpointAwsService.DYNAMODB });
    // The only way out of the functions' subnets leads to this one table.
    toTable.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: tableActions,
        resources: [records.table.tableArn, records.indexArn],
      }),
    );
    vpc.addFlowLog('Refused', {
      destination: FlowLogDestination.toCloudWatchLogs(logs.network),
      trafficType: FlowLogTrafficType.REJECT,
    });
    return vpc;
  }

  #group(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}

const subnetsOf = (vpc: IVpc, subnetType: SubnetType): ISubnet[] => vpc.selectSubnets({ subnetType }).subnets;
