import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PatchbayClient } from '../../lib/client/client.ts';
import { startDynamoDb } from '../../lib/local/dynamodb.ts';
import { FakeEventBridge } from '../../test/support/fake-event-bridge.ts';
import { FakeS3 } from '../../test/support/fake-s3.ts';
import { openScene } from '../../test/support/scene.ts';
import { startTestStack } from '../../test/support/stack.ts';
import { until } from '../../test/support/until.ts';
import { openTone, toneHz } from '../../test/support/wrtc.ts';
import { machine } from '../support.ts';
import { type Callers, kinds } from './calls.ts';
import { type CallName, type Counted, type CountedCalls, callNames } from './counted.ts';
import { reaperReadUnits } from './idle-reaper.ts';
import { TableMeter } from './table-meter.ts';
import { WireMeter } from './wire-meter.ts';

/**
 * Counts what calls cost on AWS: real calls through the whole local stack, with meters at its edges. Writes
 * `bench/results/cost.json`, from which docs/cost.md is made (`npm run docs:cost`).
 *
 * Usage: PATCHBAY_FREESWITCH_BIN=… npm run bench:cost -- [runs]
 */

const runs = Number(process.argv[2] ?? 5);
/** Long enough for all that happens at the beginning of a call: statuses, candidates that come late. */
const talkMs = 5000;
/** Until the last event is on the bus, and the last record deleted. */
const settleMs = 1500;

const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-cost-'));
await mkdir(join(dataDir, 'logs'));
const dynamodb = await startDynamoDb(dataDir);
const table = await TableMeter.before(dynamodb.endpoint);
const bridge = await new FakeEventBridge().start();
const s3 = await new FakeS3().start();
const stack = await startTestStack({
  PATCHBAY_DYNAMODB_ENDPOINT: table.url,
  PATCHBAY_EVENT_BUS: 'calls',
  PATCHBAY_EVENTS_ENDPOINT: bridge.url,
  PATCHBAY_RECORDINGS_BUCKET: 'calls',
  PATCHBAY_S3_ENDPOINT: s3.url,
  POWERTOOLS_LOG_LEVEL: 'INFO',
});
if (!stack.freeswitch) throw new Error('conferences need FreeSWITCH: set PATCHBAY_FREESWITCH_BIN');
const tone = openTone();

const newClient = (wire: WireMeter) => new PatchbayClient({ url: stack.api, transport: wire.transport });
const bytes = (text: string) => Buffer.byteLength(text);
/** What functions write; the local stack's own lines are not CloudWatch's. */
const functionLines = () =>
  stack
    .output()
    .split('\n')
    .filter((line) => line.includes('"service":"patchbay"'));
const logged = async () => ({
  functions: bytes(functionLines().join('\n')),
  node: bytes(await stack.controllerLog()),
});

async function count(name: CallName): Promise<Counted> {
  const { parties, sessions, start } = kinds[name];
  const wire = new WireMeter();
  const clients: Callers['clients'] = [newClient(wire), newClient(wire), newClient(wire)];
  const before = { ...table.units.call, events: bridge.entries.length, logs: await logged() };
  for (const client of clients.slice(0, parties)) await client.connect();
  const calls = await start({ clients, tone });
  await delay(talkMs);
  for (const call of calls) await call.hangUp();
  await delay(settleMs);
  for (const client of clients) client.close();
  await delay(settleMs);
  const logs = await logged();
  return {
    connections: wire.connections,
    sessions,
    commands: wire.commands,
    replies: wire.replies,
    callbacks: wire.callbacks,
    functionMs: Math.round(wire.waitedMs),
    writeUnits: table.units.call.write - before.write,
    readUnits: table.units.call.read - before.read,
    busEvents: bridge.entries.length - before.events,
    functionLogBytes: logs.functions - before.logs.functions,
    nodeLogBytes: logs.node - before.logs.node,
  };
}

async function most(name: CallName): Promise<Counted> {
  // The first one of its kind also pays for connections that others find open.
  await count(name);
  let result = await count(name);
  for (let run = 1; run < runs; run += 1) {
    const other = await count(name);
    const larger = (key: keyof Counted) => Math.max(result[key], other[key]);
    result = {
      connections: larger('connections'),
      sessions: larger('sessions'),
      commands: larger('commands'),
      replies: larger('replies'),
      callbacks: larger('callbacks'),
      functionMs: larger('functionMs'),
      writeUnits: larger('writeUnits'),
      readUnits: larger('readUnits'),
      busEvents: larger('busEvents'),
      functionLogBytes: larger('functionLogBytes'),
      nodeLogBytes: larger('nodeLogBytes'),
    };
  }
  console.log(callNames[name], result);
  return result;
}

async function recording(): Promise<CountedCalls['recording']> {
  const client = newClient(new WireMeter());
  const scene = openScene(toneHz);
  await client.connect();
  const [call] = await kinds.echo.start({ clients: [client, client, client], tone: scene });
  await call?.startRecording();
  await delay(talkMs);
  await call?.stopRecording();
  await until('it is uploaded', () => s3.keys().some((key) => key.endsWith('recording.json')));
  await delay(settleMs);
  await call?.hangUp();
  client.close();
  scene.stop();
  const requests = (verb: string) => s3.requests.filter((request) => request.startsWith(verb)).length;
  return { puts: requests('PUT'), heads: requests('HEAD') };
}

const calls = {
  echo: await most('echo'),
  proxy: await most('proxy'),
  p2p: await most('p2p'),
  room: await most('room'),
  conference: await most('conference'),
};
const result: CountedCalls = {
  machine: machine(),
  runs,
  heartbeatWriteUnits: table.units.heartbeatWrite,
  nodeListReadUnits: table.units.nodeListRead,
  reaperReadUnits: await reaperReadUnits(table),
  recording: await recording(),
  calls,
};
await writeFile(new URL('../results/cost.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);

tone.stop();
await stack.stop();
await Promise.all([bridge.stop(), s3.stop(), table.stop(), dynamodb.child.stop(2000)]);
await rm(dataDir, { recursive: true, force: true });
process.exit(0);
