import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../lib/domain/log.ts';
import type { PatchbayEvent } from '../../../lib/protocol/events.ts';
import { signedBusSender } from '../../../lib/push/signed-bus-sender.ts';
import { Announcer } from '../../../lib/reaper/announcer.ts';
import { FakeEventBridge } from '../../support/fake-event-bridge.ts';

/** The end of a lost session on the event bus: EventBridge over HTTP. */

let bridge: FakeEventBridge;
let errors: string[];
let announcer: Announcer;
beforeEach(async () => {
  bridge = await new FakeEventBridge().start();
  errors = [];
  const log = { ...silentLog, error: (_: object, text: string) => errors.push(text) };
  announcer = new Announcer(signedBusSender('calls', bridge.url, 'eu-west-1'), log, () => 0);
});
afterEach(() => bridge.stop());

const destroyed: PatchbayEvent = {
  class: 'media',
  subclass: 'session',
  type: 'destroyed',
  obj_id: 's1',
  body: { code: 300050, reason: 'node_lost', error: 'the media node was lost', duration: 3 },
  seq: 7,
  time: '2030-01-01T00:00:00.250Z',
};

test('comes there as that of any other, at the time at which it was', async () => {
  await announcer.announce('acme', destroyed);
  expect(bridge.entries).toEqual([
    {
      EventBusName: 'calls',
      Source: 'patchbay',
      DetailType: 'session.destroyed',
      Detail: JSON.stringify({ tenant: 'acme', ...destroyed }),
      Time: Date.UTC(2030, 0, 1) / 1000 + 0.25,
    },
  ]);
  expect(bridge.signatures.at(-1)).toContain('/eu-west-1/events/aws4_request');
});

describe('a bus that', () => {
  test('refuses it, fails, or cuts the line, is asked again', async () => {
    bridge.faults.push({ refused: [0] }, { status: 503, code: 'InternalException' }, 'cut');
    await announcer.announce('acme', destroyed);
    expect(bridge.types).toEqual(['session.destroyed']);
    expect(errors).toEqual([]);
  });

  test('never takes it is given up, which an alarm can count', async () => {
    bridge.faults.push(...Array.from({ length: 9 }, () => ({ refused: [0] })));
    await announcer.announce('acme', destroyed);
    expect(bridge.types).toEqual([]);
    expect(errors).toEqual(['events dropped: the end of a lost session is not on the bus']);
  });
});
