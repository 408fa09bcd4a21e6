import { Duration, Stack } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  type MetricOptions,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, type IFilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { MetricName } from '../../lib/domain/metric-names.ts';
import type { Api } from './api.ts';
import type { Functions } from './functions.ts';
import type { Logs } from './logs.ts';
import type { MediaNodes } from './media-nodes.ts';
import { nodeMetric } from './metrics.ts';
import { placeOf } from './names.ts';
import type { Records } from './records.ts';

export interface WatchProps {
  readonly api: Api;
  readonly functions: Functions;
  readonly nodes: MediaNodes;
  readonly records: Records;
  readonly logs: Logs;
  readonly stage: string;
  readonly minNodes: number;
  /** Who is told; undefined: alarms only show. */
  readonly topic?: ITopic | undefined;
}

const period = Duration.minutes(1);
const sums: MetricOptions = { statistic: Stats.SUM, period };

/** The message of the error that ended an invocation, in what the runtime logs of it. */
const thrown = '$.message.errorMessage';
const isError = FilterPattern.stringValue('$.level', '=', 'ERROR');
/**
 * A refused token has to be thrown as `Unauthorized` to be a 401, and Lambda logs what is thrown at ERROR, as an object in
 * `message`; that it ended a function for its time, in its report. Whether a field that is missing differs from a value, CloudWatch
 * does not document: so what has none is named, too.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html
 */
const isAuthorizerFault = FilterPattern.any(
  FilterPattern.all(isError, FilterPattern.stringValue(thrown, '!=', 'Unauthorized')),
  FilterPattern.all(isError, FilterPattern.notExists(thrown)),
  FilterPattern.all(
    FilterPattern.stringValue('$.type', '=', 'platform.report'),
    FilterPattern.stringValue('$.record.status', '=', 'timeout'),
  ),
);

/** What an operator looks at, and what wakes one up. */
export class Watch extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { api, functions, nodes, records, logs } = props;
    this.#topic = props.topic;
    const { table } = records;
    const node = (name: MetricName, options?: MetricOptions) => nodeMetric(table, name, options);

    const messages = api.stage.metric('MessageCount', sums);
    // Faults of our own are answered, so API Gateway does not see them; what a function did not live to answer it does.
    const faults = this.#logged('Faults', logs.functions, isError);
    const authorizerFaults = this.#logged('AuthorizerFaults', logs.authorizer, isAuthorizerFault);
    const unanswered = api.stage.metric('IntegrationError', sums);
    const uncalled = api.stage.metric('ExecutionError', sums);
    const errorPercent = new MathExpression({
      label: 'errors, % of messages',
      expression:
        '100 * (FILL(faults, 0) + FILL(authorizerFaults, 0) + FILL(unanswered, 0) + FILL(uncalled, 0)) / FILL(messages, 1)',
      usingMetrics: { faults, authorizerFaults, unanswered, uncalled, messages },
      period,
    });
    const recordingsFailed = this.#logged(
      'RecordingsFailed',
      logs.nodes,
      FilterPattern.stringValue('$.msg', '=', 'recording failed*'),
    );
    const nodesLost = this.#logged(
      'NodesLost',
      logs.functions,
      FilterPattern.stringValue('$.message', '=', 'node lost*'),
    );
    const refused = this.#logged(
      'CallsRefused',
      logs.functions,
      FilterPattern.stringValue('$.result', '=', 'no_mediaserver'),
    );
    // Of the account: its functions share their concurrency.
    const throttledFunctions = new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', ...sums });
    const throttledReads = table.metric('ReadThrottleEvents', sums);
    const throttledWrites = table.metric('WriteThrottleEvents', sums);
    const throttles = new MathExpression({
      label: 'throttled',
      expression: 'FILL(functions, 0) + FILL(reads, 0) + FILL(writes, 0)',
      usingMetrics: { functions: throttledFunctions, reads: throttledReads, writes: throttledWrites },
      period,
    });

    this.#alarm('EngineDown', 'Janus or FreeSWITCH of a node is down', node('EnginesDown'), {
      threshold: 1,
      minutes: 2,
    });
    this.#alarm('NodeLost', 'a node is gone, and its calls with it', nodesLost, { threshold: 1 });
    this.#alarm('Errors', 'more than 1 % of all messages end in a fault', errorPercent, { threshold: 1, minutes: 5 });
    this.#alarm('Throttles', 'functions or the table are throttled', throttles, { threshold: 10, minutes: 3 });
    this.#alarm('Queue', 'events wait for their clients', node('EventsPending'), { threshold: 1000, minutes: 3 });
    this.#alarm('EventsDropped', 'events for the bus were dropped', node('EventsDropped'), { threshold: 1 });
    this.#alarm('Unprotected', 'ECS does not protect a node with calls: it may end them', node('UnprotectedSessions'), {
      threshold: 1,
      minutes: 15,
    });
    this.#alarm('RecordingsFailed', 'a recording could not be kept', recordingsFailed, { threshold: 1 });
    this.#alarm('Reaper', 'lost nodes are not noticed', functions.of('reap').metricErrors(sums), {
      threshold: 1,
      minutes: 3,
    });
    // The first calls after a scale to zero are refused, too, for a minute or two.
    this.#alarm('CallsRefused', 'calls find no node that takes them', refused.with({ period: Duration.minutes(5) }), {
      threshold: 1,
      minutes: 15,
    });
    if (props.minNodes > 0) {
      const missing = TreatMissingData.BREACHING;
      this.#alarm('NoNode', 'no node tells of itself', node('LoadPercent'), { threshold: 1000, minutes: 5, missing });
    }

    const graph = (title: string, ...left: IMetric[]) => new GraphWidget({ title, left, width: 8 });
    new Dashboard(this, 'Dashboard', {
      // A name of the account's: of one that is there already, whoever made it, the new one would take the place.
      dashboardName: `patchbay-${props.stage}-${placeOf(this)}-${Stack.of(this).region}`,
      widgets: [
        [
          graph('Sessions', node('Sessions'), node('UnprotectedSessions')),
          graph('Load of the nodes, %', node('LoadPercent'), node('LoadPercent', { statistic: Stats.MAXIMUM })),
          graph('CPU of the nodes, %', nodes.service.metricCpuUtilization({ period })),
        ],
        [
          graph('Connections', api.stage.metric('ConnectCount', sums)),
          graph('Messages', messages),
          graph('Latency of commands, ms', latency(api, 'p50'), latency(api, 'p99')),
        ],
        [
          graph('Errors, %', errorPercent),
          graph('Throttled', throttledFunctions, throttledReads, throttledWrites),
          graph('Events', node('EventsPending'), node('EventsDropped')),
        ],
        [
          graph('Engines down, nodes lost', node('EnginesDown'), nodesLost),
          graph('Recordings failed, calls refused', recordingsFailed, refused),
          graph(
            'Table, units',
            table.metricConsumedWriteCapacityUnits(sums),
            table.metricConsumedReadCapacityUnits(sums),
          ),
        ],
      ],
    });
  }

  /** How many lines of a log say so. */
  #logged(metricName: string, logGroup: ILogGroup, filterPattern: IFilterPattern): Metric {
    const metricNamespace = `Patchbay/${placeOf(this)}`;
    new MetricFilter(this, `${metricName}Lines`, {
      logGroup,
      filterPattern,
      metricNamespace,
      metricName,
      metricValue: '1',
    });
    return new Metric({ namespace: metricNamespace, metricName, ...sums });
  }

  #alarm(
    id: string,
    alarmDescription: string,
    metric: Metric | MathExpression,
    { threshold, minutes = 1, missing }: Limit,
  ): void {
    const alarm = metric.createAlarm(this, id, {
      alarmDescription: `patchbay: ${alarmDescription}`,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: minutes / metric.period.toMinutes(),
      treatMissingData: missing ?? TreatMissingData.NOT_BREACHING,
    });
    if (!this.#topic) return;
    // Also when it is over: who was woken by it may sleep on.
    alarm.addAlarmAction(new SnsAction(this.#topic));
    alarm.addOkAction(new SnsAction(this.#topic));
  }
}

interface Limit {
  readonly threshold: number;
  /** For how long; at once if missing. */
  readonly minutes?: number;
  readonly missing?: TreatMissingData;
}

const latency = (api: Api, statistic: string) => api.stage.metric('IntegrationLatency', { statistic, period });
