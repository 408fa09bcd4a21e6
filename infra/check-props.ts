import type { NodeSize, PatchbayProps, Throttle } from './props.ts';

/**
 * What CloudFormation would refuse only in the middle of a deploy, and a node at its start.
 *
 * @throws Error that names the property, for one that cannot be
 */
export function checkProps(props: PatchbayProps): void {
  const {
    stage,
    minNodes = 1,
    maxNodes = 10,
    drainMinutes = 60,
    recordingDays,
    waitingConcurrency,
    warmThroughput,
  } = props;
  if (stage !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(stage))
    refuse('stage', 'has 1 to 32 letters, digits, _ and -');

  if (!isWhole(minNodes, 0)) refuse('minNodes', 'is a whole number from 0');
  if (!isWhole(maxNodes, Math.max(1, minNodes))) refuse('maxNodes', 'is a whole number from minNodes, and at least 1');
  if (!isWhole(drainMinutes, 1, 150)) refuse('drainMinutes', 'is a whole number from 1 to 150');
  if (props.nodeSize) checkSize(props.nodeSize);
  checkEngines(props);

  if (recordingDays !== undefined && !isWhole(recordingDays, 1)) refuse('recordingDays', 'is a whole number from 1');
  if (waitingConcurrency !== undefined && !isWhole(waitingConcurrency, 0))
    refuse('waitingConcurrency', 'is a whole number from 0');
  for (const [name, count] of Object.entries(props.provisionedConcurrency ?? {}))
    if (!isWhole(count, 0)) refuse(`provisionedConcurrency of ${name}`, 'is a whole number from 0');
  if (!isWhole(warmThroughput?.readUnitsPerSecond ?? 12_000, 12_000))
    refuse('warmThroughput.readUnitsPerSecond', 'is a whole number from 12000, which each table can take');
  if (!isWhole(warmThroughput?.writeUnitsPerSecond ?? 4000, 4000))
    refuse('warmThroughput.writeUnitsPerSecond', 'is a whole number from 4000, which each table can take');
  if (props.throttle) checkThrottle('throttle', props.throttle);
  for (const [key, throttle] of Object.entries(props.routeThrottles ?? {}))
    checkThrottle(`routeThrottles of ${key}`, throttle);

  if (props.alarmTopic && props.watch === false) refuse('alarmTopic', 'has no alarms to tell of where watch is false');
  if (props.functionSubnets && !props.vpc) refuse('functionSubnets', 'are of a vpc that is given, too');
}

function checkEngines({ janus = 'own', freeswitch = 'own', freeswitchImage, nodeArchitecture }: PatchbayProps): void {
  if (janus === 'none' && freeswitch === 'none')
    refuse('janus', 'is not none where freeswitch is: a node needs an engine');
  if (nodeArchitecture === 'arm64' && freeswitch === 'own' && !freeswitchImage)
    refuse('nodeArchitecture', 'is x86_64 with the public image of FreeSWITCH, which there is for no other');
}

/** By CPU: memory from, to, and in steps of, MiB. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const fargateMemory: Readonly<Record<number, readonly [number, number, number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};

function checkSize({ cpu, memoryMiB, diskGiB, sessions }: NodeSize): void {
  const [least, most, step] = fargateMemory[cpu] ?? [];
  if (least === undefined || most === undefined || step === undefined)
    refuse('nodeSize.cpu', `is one of Fargate's: ${Object.keys(fargateMemory).join(', ')}`);
  if (cpu === 256 && memoryMiB === 1536) refuse('nodeSize.memoryMiB', 'is 512, 1024 or 2048 with this cpu');
  if (!isWhole(memoryMiB, least, most) || (memoryMiB - least) % step !== 0)
    refuse('nodeSize.memoryMiB', `is ${least} to ${most} with this cpu, in steps of ${step}`);
  if (!isWhole(diskGiB, 21, 200)) refuse('nodeSize.diskGiB', 'is a whole number from 21 to 200');
  if (!isWhole(sessions, 1)) refuse('nodeSize.sessions', 'is a whole number from 1');
}

function checkThrottle(property: string, { ratePerSecond, burst }: Throttle): void {
  if (!(ratePerSecond >= 0) || !isWhole(burst, 0)) refuse(property, 'has a rate from 0, and a whole burst from 0');
}

const isWhole = (value: number, least: number, most = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

function refuse(property: string, why: string): never {
  throw new Error(`patchbay: ${property} ${why}`);
}
