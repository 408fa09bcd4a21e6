import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startNode } from '../../../lib/controller/node.ts';
import { systemClock } from '../../../lib/domain/clock.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import { EventBus } from '../../../lib/push/bus.ts';
import { eventBridgeSender } from '../../../lib/push/bus-sender.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { FakeEventBridge } from '../../support/fake-event-bridge.ts';
import { FakeS3 } from '../../support/fake-s3.ts';
import { heldUpload } from '../../support/held-upload.ts';
import { metric } from '../../support/metrics.ts';
import { FakePoster } from '../../support/poster.ts';
import { until } from '../../support/until.ts';
import { testRules } from '../../support/world.ts';

/** A node with a bucket and an event bus: what it does with them at its start and its end. */

let table: TestTable;
let s3: FakeS3;
let bridge: FakeEventBridge;
beforeEach(async () => {
  [table, s3, bridge] = await Promise.all([startTable(), new FakeS3().start(), new FakeEventBridge().start()]);
});
afterEach(() => Promise.all([table.stop(), s3.stop(), bridge.stop()]));

test('takes up what lies on its disk, and does not stop before that and its events have left it', async () => {
  const surroundings = { clock: systemClock, log: silentLog, random: Math.random };
  const bus = new EventBus({ ...surroundings, sender: eventBridgeSender('calls', bridge.url) });
  const { uploads, files, recordingId, letGo } = await heldUpload(s3, ({ recording_id }, state) =>
    bus.send(`recording.${state}`, { recording_id }),
  );

  const node = await startNode({
    ...surroundings,
    nodeId: randomUUID(),
    host: '127.0.0.1',
    port: 0,
    release: 'test',
    capacity: 10,
    drainMs: 60_000,
    ecsAgent: undefined,
    onLost: () => {},
    table,
    files,
    uploads,
    bus,
    rules: testRules,
    poster: new FakePoster(),
    backends: () => [new FakeBackend()],
  });
  await until('it is sent', () => s3.atOnce.now === 1);
  expect(await metric(node.url, 'patchbay_recordings_pending')).toBe(1);
  let isStopped = false;
  const stopping = node.stop().then(() => {
    isStopped = true;
  });
  await new Promise((later) => setTimeout(later, 200));
  expect(isStopped).toBe(false);
  letGo();
  await stopping;
  expect([s3.objects.size, bridge.details('recording.available')]).toEqual([2, [{ recording_id: recordingId }]]);
});
