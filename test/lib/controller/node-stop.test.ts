import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../lib/domain/clock.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import { EventBus } from '../../../lib/push/bus.ts';
import { eventBridgeSender } from '../../../lib/push/bus-sender.ts';
import type { Uploads } from '../../../lib/recordings/uploads.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { FakeEventBridge } from '../../support/fake-event-bridge.ts';
import { FakeS3 } from '../../support/fake-s3.ts';
import { heldUpload } from '../../support/held-upload.ts';
import { inProcess, type Party } from '../../support/in-process.ts';
import { keptLog } from '../../support/kept-log.ts';
import { offer } from '../../support/sdp.ts';
import { until } from '../../support/until.ts';

/** A node that stops while something fails: a call of ann's, a recording on its way, an event bus. */

const world = inProcess();
let s3: FakeS3;
let bridge: FakeEventBridge;
let janus: FakeBackend;
let uploads: Uploads;
let letGo: () => void;
let ann: Party;
let call: string;
let url: string;
let lines: readonly string[];
beforeEach(async () => {
  [s3, bridge] = await Promise.all([new FakeS3().start(), new FakeEventBridge().start()]);
  const held = await heldUpload(s3);
  ({ uploads, letGo } = held);
  janus = new FakeBackend();
  const sender = eventBridgeSender('calls', bridge.url);
  const bus = new EventBus({ clock: systemClock, log: silentLog, random: Math.random, sender });
  const kept = keptLog();
  lines = kept.lines;
  await world.stop('n1');
  await world.start('stops', [janus], { uploads, files: held.files, bus, log: kept.log });
  await until('it is sent', () => s3.atOnce.now === 1);
  url = (await new NodeStore(world.table).list())[0]?.url ?? '';
  ann = await world.connect();
  call = await ann.create({ type: 'echo', offer, wait_reply: true });
});
afterEach(async () => {
  vi.restoreAllMocks();
  letGo();
  await world.stop('stops');
  await Promise.all([s3.stop(), bridge.stop()]);
});

/** The owner was told, the bus too, and nobody is listened to any more. */
async function isOver() {
  expect(ann.of(call, 'destroyed')).toMatchObject([{ body: { reason: 'node_lost' } }]);
  const told = bridge.details('session.destroyed').filter((detail) => Reflect.get(Object(detail), 'obj_id') === call);
  expect(told).toHaveLength(1);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  expect(lines.filter((line) => line.includes('a part of the node did not stop well'))).toHaveLength(1);
}

test.each([
  ['the table is away', () => vi.spyOn(world.table.client, 'send').mockRejectedValue(new Error('away'))],
  ['an engine cannot be left', () => vi.spyOn(janus, 'stop').mockRejectedValue(new Error('stuck'))],
  [
    'an engine throws at once',
    () =>
      vi.spyOn(janus, 'stop').mockImplementation(() => {
        throw new Error('broken');
      }),
  ],
])('while %s, clients are told, and recordings brought away all the same', async (_, fail) => {
  fail();
  let isStopped = false;
  const stopping = world.stop('stops').then(() => {
    isStopped = true;
  });
  await until('ann is told', () => ann.of(call, 'destroyed').length > 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([isStopped, s3.objects.size]).toEqual([false, 0]);
  letGo();
  await stopping;
  expect([s3.objects.size, uploads.pending]).toEqual([2, 0]);
  await isOver();
});

test('while recordings cannot be brought away, the last events are still delivered', async () => {
  vi.spyOn(uploads, 'close').mockRejectedValue(new Error('no disk'));
  await world.stop('stops');
  await isOver();
});
