import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type MetricName, metricNamespace } from '../../lib/domain/metric-names.ts';

const statistics: Readonly<Record<MetricName, string>> = {
  Sessions: Stats.SUM,
  LoadPercent: Stats.AVERAGE,
  UnprotectedSessions: Stats.SUM,
  EnginesDown: Stats.MAXIMUM,
  EventsPending: Stats.MAXIMUM,
  EventsDropped: Stats.SUM,
};

/** What the nodes tell of themselves each minute; the table's name tells one patchbay of an account from another. */
export const nodeMetric = (table: ITable, metricName: MetricName, options: MetricOptions = {}): Metric =>
  new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { Table: table.tableName },
    statistic: statistics[metricName],
    period: Duration.minutes(1),
    ...options,
  });
