/**
 * Every environment variable of patchbay, named once: the runtime reads them here, the infrastructure sets them by these names.
 */
export const variables = {
  table: 'PATCHBAY_TABLE',
  dynamodbEndpoint: 'PATCHBAY_DYNAMODB_ENDPOINT',
  callbackUrl: 'PATCHBAY_CALLBACK_URL',
  auth: 'PATCHBAY_AUTH',
  jwtSecret: 'PATCHBAY_JWT_SECRET',
  jwtSecretArn: 'PATCHBAY_JWT_SECRET_ARN',
  jwksUrl: 'PATCHBAY_JWKS_URL',
  jwtIssuer: 'PATCHBAY_JWT_ISSUER',
  jwtAudience: 'PATCHBAY_JWT_AUDIENCE',
  nodeId: 'PATCHBAY_NODE_ID',
  nodeHost: 'PATCHBAY_NODE_HOST',
  nodePort: 'PATCHBAY_NODE_PORT',
  nodeCapacity: 'PATCHBAY_NODE_CAPACITY',
  release: 'PATCHBAY_RELEASE',
  recordingsDir: 'PATCHBAY_RECORDINGS_DIR',
  recordingsUrl: 'PATCHBAY_RECORDINGS_URL',
  recordingsBucket: 'PATCHBAY_RECORDINGS_BUCKET',
  s3Endpoint: 'PATCHBAY_S3_ENDPOINT',
  eventBus: 'PATCHBAY_EVENT_BUS',
  eventsEndpoint: 'PATCHBAY_EVENTS_ENDPOINT',
  janusUrl: 'PATCHBAY_JANUS_URL',
  freeswitchUrl: 'PATCHBAY_FREESWITCH_URL',
  freeswitchBin: 'PATCHBAY_FREESWITCH_BIN',
  controller: 'PATCHBAY_CONTROLLER',
  host: 'PATCHBAY_HOST',
  port: 'PATCHBAY_PORT',
  dataDir: 'PATCHBAY_DATA_DIR',
  runDir: 'PATCHBAY_RUN_DIR',
  ecsMetadata: 'ECS_CONTAINER_METADATA_URI_V4',
  publicIp: 'PATCHBAY_PUBLIC_IP',
  publicIpUrl: 'PATCHBAY_PUBLIC_IP_URL',
  clientCandidates: 'PATCHBAY_CLIENT_CANDIDATES',
  allowedNetworks: 'PATCHBAY_ALLOWED_NETWORKS',
  reorderSeed: 'PATCHBAY_REORDER_SEED',
  logLevel: 'PATCHBAY_LOG_LEVEL',
  ecsAgent: 'ECS_AGENT_URI',
  ecsEndpoint: 'PATCHBAY_ECS_ENDPOINT',
  cluster: 'PATCHBAY_CLUSTER',
  service: 'PATCHBAY_SERVICE',
  minNodes: 'PATCHBAY_MIN_NODES',
  maxNodes: 'PATCHBAY_MAX_NODES',
  drainSeconds: 'PATCHBAY_DRAIN_SECONDS',
  metrics: 'PATCHBAY_METRICS',
} as const;

export type Variable = keyof typeof variables;
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable's value; an empty one counts as not set. */
export function read(name: Variable, environment: Environment = process.env): string | undefined {
  return environment[variables[name]] || undefined;
}

/** @throws Error that names the variable, when it is not set */
export function need(name: Variable, environment: Environment = process.env): string {
  const value = read(name, environment);
  if (value === undefined) throw new Error(`${variables[name]} is not set`);
  return value;
}

/** @throws Error that names the variable, when it is no whole number from `min` to `max` */
export function readInteger(
  name: Variable,
  fallback: number,
  { min = 0, max = 65_535 }: { min?: number; max?: number } = {},
  environment: Environment = process.env,
): number {
  const text = read(name, environment);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${variables[name]} must be a whole number from ${min} to ${max}, not ${text}`);
  }
  return value;
}

/** A list written with commas, such as several engines' URLs. */
export function readList(name: Variable, environment: Environment = process.env): string[] {
  const items = (read(name, environment) ?? '').split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
}
