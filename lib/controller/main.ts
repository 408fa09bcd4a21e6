import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import type { Backend } from '../backends/backend.ts';
import { FreeSwitchBackend } from '../backends/freeswitch/backend.ts';
import { requireFolder } from '../backends/freeswitch/requests.ts';
import { parseFreeSwitchUrl } from '../backends/freeswitch/url.ts';
import { JanusBackend } from '../backends/janus/backend.ts';
import { parseJanusUrl } from '../backends/janus/url.ts';
import { P2pBackend } from '../backends/p2p/backend.ts';
import { nodeFiles } from '../configure/node-files.ts';
import { systemClock } from '../domain/clock.ts';
import { need, read, readInteger, readList, variables } from '../env.ts';
import { EventBus } from '../push/bus.ts';
import { eventBridgeSender } from '../push/bus-sender.ts';
import { apiGatewayPoster } from '../push/poster.ts';
import { s3Client } from '../recordings/bucket.ts';
import { recordingEvent } from '../recordings/recording-event.ts';
import { RecordingFiles } from '../recordings/recording-files.ts';
import { Uploads } from '../recordings/uploads.ts';
import { openTable } from '../store/table.ts';
import { startNode } from './node.ts';
import { readAddressRules } from './own-networks.ts';

/** The media controller's process. Its settings are the environment's (`lib/env.ts`). */

const log = pino({ level: read('logLevel') ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime });
const clientCandidates = read('clientCandidates') === 'none' ? 'none' : 'pass';
const dynamodbEndpoint = read('dynamodbEndpoint');
/** Where media must not be sent to. */
const rules = readAddressRules();

const recordingsDir = resolve(read('recordingsDir') ?? 'recordings');
const freeswitchUrls = readList('freeswitchUrl');
if (freeswitchUrls.length > 0) requireFolder(variables.recordingsDir, recordingsDir);

// What an id may hold after its @.
const nodeId = (read('nodeId') ?? hostname()).replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 64);
const engine = { nodeId, clock: systemClock, log, random: Math.random } as const;
const publicAddress = read('publicIp') ?? '127.0.0.1';

/** Where the containers of a node have what `configure` tells them. */
const runDir = read('runDir');

const surroundings = { clock: systemClock, log, random: Math.random } as const;
const busName = read('eventBus');
const bus = busName
  ? new EventBus({ ...surroundings, sender: eventBridgeSender(busName, read('eventsEndpoint')) })
  : undefined;
const bucket = read('recordingsBucket');
const uploads = bucket
  ? new Uploads({
      ...surroundings,
      dir: recordingsDir,
      bucket,
      client: s3Client(read('s3Endpoint')),
      onState: (facts, state, uri) => bus?.send(`recording.${state}`, recordingEvent(facts, uri)),
    })
  : undefined;

const starting = startNode({
  nodeId,
  host: read('nodeHost') ?? '127.0.0.1',
  port: readInteger('nodePort', 0),
  release: read('release') ?? 'local',
  rules,
  capacity: readInteger('nodeCapacity', 500, { min: 1, max: 100_000 }),
  // CloudFormation waits for a deployment for 3 h.
  drainMs: readInteger('drainSeconds', 3600, { max: 9000 }) * 1000,
  ecsAgent: read('ecsAgent'),
  table: openTable(need('table'), dynamodbEndpoint),
  files: new RecordingFiles(recordingsDir, uploads ?? read('recordingsUrl') ?? pathToFileURL(recordingsDir).href),
  uploads,
  bus,
  poster: apiGatewayPoster(need('callbackUrl'), dynamodbEndpoint !== undefined),
  backends: (onChange): Backend[] => [
    ...readList('janusUrl').map(
      (url) => new JanusBackend({ ...engine, clientCandidates, address: parseJanusUrl(url), onChange }),
    ),
    ...freeswitchUrls.map(
      (url) => new FreeSwitchBackend({ ...engine, publicAddress, address: parseFreeSwitchUrl(url), onChange }),
    ),
    new P2pBackend(),
  ],
  served: runDir === undefined ? undefined : nodeFiles(runDir).served,
  // The supervisor starts it again, as a new node that holds nothing.
  onLost: () => process.exit(1),
  clock: systemClock,
  log,
  random: Math.random,
  ...(read('metrics') === 'cloudwatch' && { cloudwatch: (line: string) => process.stdout.write(`${line}\n`) }),
});

let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, 'stopping');
  // Also one that is still starting: it may be on the list already.
  await (await starting).stop();
  process.exit(0);
}
process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));
// Locally the process that started this one holds its channel: when that one is gone, this one goes too.
process.on('disconnect', () => void stop('disconnect'));
const { url } = await starting;
process.send?.({ url });
