import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ForkedEnd } from '../support/forked-end.ts';
import { type EngineKind, engineKinds, startFreeSwitchBench } from '../support/freeswitch-backend.ts';
import { FreeSwitchStage, flows, introduce, isThere, type Leg } from '../support/freeswitch-stage.ts';
import { until } from '../support/until.ts';

const testMs = 120_000;
const heldMs = 40_000;
const rungMs = 70_000;
const deadMs = 75_000;

/** FreeSWITCH gives up calls whose answer it could not acknowledge after 32 s. */
async function isHeld(stage: FreeSwitchStage, sdpType: 'webrtc' | 'rtp'): Promise<void> {
  const leg = await stage.connected('echo', { role: 'offerer', sdpType });
  await delay(heldMs);
  expect(leg.sink.ends).toBe(0);
  await flows(leg);
  await leg.session.changeType?.({ type: 'park' });
}

async function rings(stage: FreeSwitchStage): Promise<void> {
  const { session, sink } = stage.open('echo', { offers: { sdpType: 'rtp', hasVideo: false } });
  const client = await stage.client('rtp', 440);
  const offer = await session.makeOffer?.();
  await delay(rungMs);
  expect([sink.statuses, sink.ends]).toEqual([[], 0]);
  await session.acceptAnswer?.({ sdp: await client.end.answer(offer?.sdp ?? ''), sdp_type: 'rtp', trickle_ice: false });
  await isThere({ session });
  await flows({ ...client, session, sink, id: '' });
}

const endsSilently = async ({ sink }: Pick<Leg, 'sink'>, cause: string): Promise<void> => {
  await until('its end is told', () => sink.ends === 1, deadMs);
  expect(sink.statuses.at(-1)).toEqual({ class: 'hangup', cause });
};

async function dies(stage: FreeSwitchStage): Promise<void> {
  const { session, sink, id } = stage.open('echo');
  const end = new ForkedEnd();
  await introduce(session, end, 'offeree');
  await until('it is connected', () => sink.statuses.length > 0);
  await end.kill();
  if (stage.bench.kind === 'double') stage.bench.double.hangup(id, 'MEDIA_TIMEOUT');
  await endsSilently({ sink }, 'MEDIA_TIMEOUT');
}

/** The double has no media to wait for. */
async function neverConnects(stage: FreeSwitchStage): Promise<void> {
  if (stage.bench.kind === 'double') return;
  const { session, sink } = stage.open('echo');
  const { end } = await stage.client('webrtc', 440);
  await session.acceptOffer?.({ sdp: await end.offer(), sdp_type: 'webrtc', trickle_ice: false });
  await until('its end is told', () => sink.ends === 1, deadMs);
  console.info(`who never connected: ${JSON.stringify(sink.statuses)}`);
}

async function onOwnEngine(kind: EngineKind, what: (stage: FreeSwitchStage) => Promise<void>): Promise<void> {
  const bench = await startFreeSwitchBench(kind);
  const stage = new FreeSwitchStage(bench, await bench.connect());
  try {
    await what(stage);
    await stage.close();
    await bench.hasChannels(0);
    expect(bench.reinvites()).toBe(0);
  } finally {
    await bench.stop();
  }
}

describe('what takes long on FreeSWITCH', () => {
  test.concurrent.each(engineKinds)(
    'the %s: calls that are held, that ring, whose clients die or never connect',
    async (kind) => {
      await onOwnEngine(kind, async (stage) => {
        await Promise.all([
          isHeld(stage, 'webrtc'),
          isHeld(stage, 'rtp'),
          rings(stage),
          dies(stage),
          neverConnects(stage),
        ]);
      });
    },
    testMs,
  );
});
