import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat, CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  LogGroupLogDestination,
  WebSocketApi,
  WebSocketRoute,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type IRole, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lib/command/needs.ts';
import { routes } from '../../lib/protocol/commands.ts';
import type { Throttle } from '../props.ts';
import { explain, explainWildcards } from './findings.ts';
import { constructId, type Functions } from './functions.ts';
import type { Logs } from './logs.ts';

export interface ApiProps {
  readonly functions: Functions;
  readonly logs: Logs;
  readonly stage: string;
  readonly throttle: Throttle;
  /** For single routes, older names of commands included. */
  readonly routeThrottles?: Readonly<Record<string, Throttle>> | undefined;
  readonly logRole: 'make' | 'existing';
}

/** The WebSocket API: a route for each command and each of its older names, and `$connect`, `$disconnect`, `$default`. */
export class Api extends Construct {
  readonly api: WebSocketApi;
  readonly stage: WebSocketStage;
  readonly #stageName: string;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { functions, logs, throttle } = props;
    this.#stageName = props.stage;
    this.api = new WebSocketApi(this, 'Api', {
      apiName: `patchbay-${props.stage}`,
      description: 'patchbay',
      routeSelectionExpression: `\${request.body.subclass}/\${request.body.cmd}`,
    });

    const integrations = new Map<FunctionName, WebSocketLambdaIntegration>();
    const integrationOf = (name: FunctionName): WebSocketLambdaIntegration => {
      const known = integrations.get(name);
      if (known) return known;
      const made = new WebSocketLambdaIntegration(`${constructId(name)}Integration`, functions.target(name));
      integrations.set(name, made);
      return made;
    };
    const route = (routeKey: string, name: FunctionName, answers: boolean) =>
      new WebSocketRoute(this, constructId(routeKey.replace('$', 'on_')), {
        webSocketApi: this.api,
        routeKey,
        integration: integrationOf(name),
        // The function's body goes back on the socket that asked.
        returnResponse: answers,
        // An identity source would refuse who lacks it before `authorize` runs; a token may be in either of two places.
        ...(routeKey === '$connect' && {
          authorizer: new WebSocketLambdaAuthorizer('Authorizer', functions.target('authorize'), {
            identitySource: [],
          }),
        }),
      });
    const all = [
      route('$connect', 'connect', false),
      route('$disconnect', 'disconnect', false),
      route('$default', 'default', true),
      ...[...routes].map(([routeKey, command]) => route(routeKey, command, true)),
    ];

    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: props.stage,
      autoDeploy: true,
      // Metrics of each route cost more than the calls of a small stage.
      detailedMetricsEnabled: false,
      throttle: { rateLimit: throttle.ratePerSecond, burstLimit: throttle.burst },
      accessLogSettings: { destination: new LogGroupLogDestination(logs.access), format: accessLog },
    });
    // Settings of a route need the route to be there, and a first deployment without routes would be refused.
    this.stage.node.addDependency(...all);
    const { routeThrottles } = props;
    if (routeThrottles) {
      const settings = Object.entries(routeThrottles).map(([key, { ratePerSecond, burst }]) => {
        if (!routes.has(key)) throw new Error(`patchbay: routeThrottles: there is no route ${key}`);
        return [
          key,
          { ThrottlingRateLimit: ratePerSecond, ThrottlingBurstLimit: burst, DetailedMetricsEnabled: false },
        ];
      });
      (this.stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(settings);
    }
    if (props.logRole === 'make') this.#makeLogRole();
    for (const one of all.filter(({ routeKey }) => routeKey !== '$connect')) {
      explain(one, {
        APIG4:
          'API Gateway authorizes WebSocket connections at $connect only; the identity found there comes with each message, and each function checks it.',
      });
    }
  }

  /** What clients connect to: wss://… */
  get url(): string {
    return this.stage.url;
  }

  /**
   * What events are posted to: https://… Made of the stage's name rather than of the stage, which comes after all functions, of
   * which one needs to know the nodes, which need to know this.
   */
  get callbackUrl(): string {
    const { region, urlSuffix } = Stack.of(this);
    return `https://${this.api.apiId}.execute-api.${region}.${urlSuffix}/${this.#stageName}`;
  }

  /** To post to connections, or to end them. */
  grantCallback(role: IRole, ...methods: readonly ('POST' | 'DELETE')[]): void {
    const resources = methods.map((method) =>
      Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.api.apiId,
        resourceName: `${this.#stageName}/${method}/@connections/*`,
      }),
    );
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['execute-api:ManageConnections'], resources }));
    explainWildcards(role, 'The connections of this API, of which there is a new one for each client.', ...resources);
  }

  /**
   * API Gateway writes access logs with one role for the whole account and Region. It is kept when the stack goes, for other APIs
   * log by it from then on; also when the stack never came up, for the account's setting stays with a role that is gone.
   *
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html
   */
  #makeLogRole(): void {
    const role = new Role(this, 'LogRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      description: "API Gateway's logs, of all APIs of the account",
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(logPolicy)],
    });
    const account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.stage.node.addDependency(account);
    explain(role, {
      [`IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${logPolicy}]`]:
        "API Gateway takes one role for all APIs of the account and checks that it carries this policy's permissions.",
    });
  }
}

const logPolicy = 'service-role/AmazonAPIGatewayPushToCloudWatchLogs';

const accessLog = AccessLogFormat.custom(
  JSON.stringify({
    at: '$context.requestTime',
    connection_id: '$context.connectionId',
    route: '$context.routeKey',
    event: '$context.eventType',
    status: '$context.status',
    ip: '$context.identity.sourceIp',
    tenant: '$context.authorizer.tenant',
    request_id: '$context.requestId',
    integration_ms: '$context.integrationLatency',
    integration_error: '$context.integrationErrorMessage',
    authorizer_error: '$context.authorizer.error',
  }),
);
