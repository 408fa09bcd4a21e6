import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';

/** The API under a name of one's own. */
export interface DomainProps {
  /** `calls.example.com` */
  readonly name: string;
  /** For that name, in the Region of the stack. */
  readonly certificate: ICertificate;
  /** Where the name is put; without it the name is pointed at `Patchbay.domainTarget` by hand. */
  readonly hostedZone?: IHostedZone;
}

/** Whose tokens are taken, and for whom they must be. What is in them: docs/deploy.md. */
export interface JwtProps {
  /** The claim `iss`. */
  readonly issuer: string;
  /** The claim `aud`. */
  readonly audience: string;
  /** RS256 and ES256: where the issuer has its keys, `https://…`. */
  readonly jwksUrl?: string;
  /** HS256: the secret that issuer and patchbay share, as the secret's whole text. */
  readonly secret?: ISecret;
}

/**
 * An engine of the node's own in its task, none of that kind, or others elsewhere: their URLs, which hold their passwords, by
 * commas, as the secret's whole text.
 */
export type EngineChoice = 'own' | 'none' | { readonly urls: ISecret };

export interface FreeSwitchImage {
  /** `registry.example/freeswitch:1.11.3@sha256:…` */
  readonly name: string;
  /** FreeSWITCH's program in it. Without it: `/usr/bin/freeswitch`. */
  readonly bin?: string;
}

export interface NodeSize {
  /** 1024 is one CPU. */
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Of its disk, on which recordings lie until they are in the bucket: 21 to 200. */
  readonly diskGiB: number;
  /** How many sessions it takes. */
  readonly sessions: number;
}

/** How many messages are let through. */
export interface Throttle {
  /** Messages a second, of all clients together. */
  readonly ratePerSecond: number;
  /** How many may come at once beyond that. */
  readonly burst: number;
}

/** How patchbay is deployed. All of it may be left out; each says what happens then. */
export interface PatchbayProps {
  /** Its name, among several of one account: a part of the API's URL, of the dashboard's name, and a tag. Without it: `prod`. */
  readonly stage?: string;
  /** Whose tokens clients come with. Without it patchbay makes a secret (`Patchbay.jwtSecret`) to sign them with, HS256. */
  readonly jwt?: JwtProps;
  /** Without it the API has API Gateway's own name. */
  readonly domain?: DomainProps;

  /**
   * Without it: a VPC of two zones, with public subnets for nodes and isolated ones for functions, without NAT. One of one's own needs
   * public subnets, and for the functions subnets that reach DynamoDB by a gateway endpoint.
   */
  readonly vpc?: IVpc;
  /** Of `vpc`, for functions. Without it: its isolated ones. */
  readonly functionSubnets?: readonly ISubnet[];
  /** Of `vpc`, for nodes, which need public addresses. Without it: its public ones. */
  readonly nodeSubnets?: readonly ISubnet[];

  /** Without it each node has a Janus of its own. */
  readonly janus?: EngineChoice;
  /** Without it each node has a FreeSWITCH of its own. */
  readonly freeswitch?: EngineChoice;
  /** What FreeSWITCH's image is built on. Without it: a public one, for x86-64; docs/operations.md says what another must have. */
  readonly freeswitchImage?: FreeSwitchImage;
  /** The processors of the nodes. Without it: x86-64 where FreeSWITCH is that of the public image, else arm64, a fifth cheaper. */
  readonly nodeArchitecture?: 'arm64' | 'x86_64';
  /** Of a node. Without it: 2 CPUs, 4 GiB, 30 GiB of disk, 200 sessions. */
  readonly nodeSize?: NodeSize;
  /** Networks (`10.1.0.0/16`) to which clients may have media sent although they are private or the node's own. Without it: none. */
  readonly allowedNetworks?: readonly string[];
  /** Without it: 1. With 0 nothing runs while nobody calls; the first call then waits for a minute or two. */
  readonly minNodes?: number;
  /** Without it: 10. */
  readonly maxNodes?: number;
  /** How long a node that is to go waits for its calls to end. Without it: 60; at most 150, for CloudFormation waits no longer. */
  readonly drainMinutes?: number;

  /** Messages a second of all clients. Without it: 1000, 2000 at once; the account's own limit holds for all its APIs together. */
  readonly throttle?: Throttle;
  /** The same for single routes (`session/create`). Without it none has its own. */
  readonly routeThrottles?: Readonly<Record<string, Throttle>>;
  /**
   * How many calls may wait in `get_offer`, and as many in `get_answer`, apart from all other functions. Without it: 100. 0 reserves
   * nothing, for accounts that have no concurrency to spare (fewer than 300).
   */
  readonly waitingConcurrency?: number;
  /**
   * Functions that are kept warm, by their command (`session/create`, or `authorize`, `connect`, `disconnect`, `default`), and how many
   * of each. Without it none is: a first call after a pause takes about 0.3 s longer.
   */
  readonly provisionedConcurrency?: Readonly<Record<string, number>>;
  /** What the table can take at once. Without it: what a new table can, and more as it grows. */
  readonly warmThroughput?: { readonly readUnitsPerSecond?: number; readonly writeUnitsPerSecond?: number };

  /** For the table and the recordings. Without it: keys of AWS's own. */
  readonly encryptionKey?: IKey;
  /** Whether table and recordings outlive the stack. Without it they do. */
  readonly keepData?: boolean;
  /** Days until recordings are deleted. Without it they are kept. */
  readonly recordingDays?: number;
  /** Of all logs. Without it: a month. */
  readonly logRetention?: RetentionDays;
  /**
   * The role by which API Gateway writes access logs, one for the whole account: `make` sets it, and keeps it when the stack goes;
   * `existing` leaves the account's as it is, and fails if there is none. Without it: `make`.
   */
  readonly apiGatewayLogRole?: 'make' | 'existing';
  /** X-Ray for all functions. Without it there is none. */
  readonly tracing?: boolean;

  /** Where events of sessions and rooms go. Without it patchbay has a bus of its own. */
  readonly eventBus?: IEventBus;
  /** Alarms, and a dashboard. Without it there are both; docs/cost.md says what they cost. */
  readonly watch?: boolean;
  /** Who is told of alarms. Without it they show on the dashboard only. */
  readonly alarmTopic?: ITopic;
  /**
   * Container Insights of ECS: network, disk and counts of the tasks, beside what nodes tell of themselves. Without it: yes. AWS
   * bills it as custom metrics, for the hours in which nodes run.
   */
  readonly containerInsights?: boolean;
  /** The web console, on CloudFront. Without it: yes. */
  readonly console?: boolean;
}
