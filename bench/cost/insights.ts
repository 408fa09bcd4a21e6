/**
 * What Container Insights (`enabled`, not `enhanced`) makes of a cluster on Fargate, all of it billed as custom metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
 */
const ofCluster = ['ServiceCount', 'TaskCount'];
const ofService = ['DeploymentCount', 'DesiredTaskCount', 'PendingTaskCount', 'RunningTaskCount', 'TaskSetCount'];
/** Each three times: for the cluster, for the service, for the family of the task definition. */
const ofAll = [
  'CpuUtilized',
  'CpuReserved',
  'MemoryUtilized',
  'MemoryReserved',
  'NetworkRxBytes',
  'NetworkTxBytes',
  'StorageReadBytes',
  'StorageWriteBytes',
  'EphemeralStorageUtilized',
  'EphemeralStorageReserved',
];

/** @throws Error for `enhanced`, which is billed by observation and which no stage has */
export function insightsMetrics(setting: string): number {
  if (setting === 'disabled') return 0;
  if (setting !== 'enabled') throw new Error(`Container Insights: ${setting}`);
  return ofCluster.length + ofService.length + 3 * ofAll.length;
}
