import { beforeEach, describe, expect, test } from 'vitest';
import { FarSink } from '../../../../lib/backends/janus/far-sink.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { KeptSink } from '../../../support/janus-backend.ts';

const up = { class: 'webrtc', status: 'up' } as const;
const why = new PatchbayError('session_stop');
let master: KeptSink;
let slave: KeptSink;
let far: FarSink;
beforeEach(() => {
  master = new KeptSink();
  slave = new KeptSink();
  far = new FarSink(master);
});

describe('the far side of a proxy', () => {
  test('without a slave ends its master, and nobody hears of its statuses', () => {
    far.status(up);
    far.stopped(why);
    expect(master).toMatchObject({ statuses: [], why, ends: 1 });
  });

  test('with one tells that and not the master', () => {
    far.enter(slave);
    far.status(up);
    far.stopped(why);
    expect(slave).toMatchObject({ statuses: [up], why, ends: 1 });
    expect(master).toMatchObject({ statuses: [], ends: 0 });
  });

  test("whose slave has gone is its master's again", () => {
    far.enter(slave);
    far.leave(slave);
    far.stopped(why);
    expect([slave.ends, master.ends]).toEqual([0, 1]);
  });

  test('keeps its second slave when the first one is closed late, or twice', () => {
    const second = new KeptSink();
    far.enter(slave);
    far.enter(second);
    far.leave(slave);
    far.leave(slave);
    far.status(up);
    far.stopped(why);
    expect(second).toMatchObject({ statuses: [up], ends: 1 });
    expect([slave.ends, master.ends]).toEqual([0, 0]);
  });
});
