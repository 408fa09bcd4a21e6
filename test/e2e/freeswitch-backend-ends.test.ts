import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { reason, rejection } from '../support/errors.ts';
import { engineKinds } from '../support/freeswitch-backend.ts';
import { type FreeSwitchStage, hears, introduce, useFreeSwitch } from '../support/freeswitch-stage.ts';
import { until } from '../support/until.ts';

const rtp = { offers: { sdpType: 'rtp', hasVideo: false } } as const;
const webrtc = { offers: { sdpType: 'webrtc', hasVideo: false } } as const;

/** Begins something and is closed in the middle of it. */
type Stage = readonly [string, (stage: FreeSwitchStage) => Promise<{ closed: Promise<void>; begun: Promise<unknown> }>];

/** A codec that FreeSWITCH does not take. */
const unusable = {
  sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 3\r\n',
  sdp_type: 'rtp',
  trickle_ice: false,
} as const;

const opened = (stage: FreeSwitchStage, spec: Parameters<FreeSwitchStage['open']>[1] = {}) =>
  stage.open('park', spec).session;

const stages: readonly Stage[] = [
  ['before anything was done', async (stage) => ({ closed: opened(stage).close(), begun: Promise.resolve() })],
  [
    'before the answer',
    async (stage) => {
      const session = opened(stage);
      const { end } = await stage.client('rtp', 440);
      const begun = introduce(session, end, 'offeree');
      await delay(1);
      return { closed: session.close(), begun };
    },
  ],
  [
    'while the offer is being made',
    async (stage) => {
      const session = opened(stage, rtp);
      const begun = session.makeOffer?.() ?? Promise.resolve();
      return { closed: session.close(), begun };
    },
  ],
  [
    'while it rings',
    async (stage) => {
      const session = opened(stage, webrtc);
      await session.makeOffer?.();
      return { closed: session.close(), begun: Promise.resolve() };
    },
  ],
  [
    'at the moment of its answer',
    async (stage) => {
      const session = opened(stage, rtp);
      const { end } = await stage.client('rtp', 440);
      const begun = introduce(session, end, 'offerer');
      await delay(20);
      return { closed: session.close(), begun };
    },
  ],
  [
    'before its client connects',
    async (stage) => {
      const session = opened(stage);
      const { end } = await stage.client('webrtc', 440);
      await session.acceptOffer?.({ sdp: await end.offer(), sdp_type: 'webrtc', trickle_ice: false });
      return { closed: session.close(), begun: Promise.resolve() };
    },
  ],
  [
    'during a change',
    async (stage) => {
      const { session } = await stage.connected('park');
      const begun = session.changeType?.({ type: 'echo' }) ?? Promise.resolve();
      return { closed: session.close(), begun };
    },
  ],
  [
    'during a mute of its video, which is a way there and back',
    async (stage) => {
      const { session } = await stage.connected('echo');
      const begun = session.updateMedia?.({ mute_video: true }) ?? Promise.resolve();
      return { closed: session.close(), begun };
    },
  ],
];

describe.each(engineKinds)('a call of FreeSWITCH, the %s, that is closed', (engine) => {
  const world = useFreeSwitch(engine);

  test.each(stages)('%s leaves no channel, and what was begun ends at once', async (_, begin) => {
    const beganAtMs = performance.now();
    const { closed, begun } = await begin(world.stage);
    const ended = begun.catch(() => {});
    await Promise.all([closed, ended]);
    expect(performance.now() - beganAtMs).toBeLessThan(2000);
    await delay(300);
    await world.bench.hasChannels(0);
  });

  // FreeSWITCH answers what it is told to end meanwhile, and hangs up right behind that.
  test('before its answer, one of many at once, ends, and nothing else does', async () => {
    const bystander = await world.stage.connected('echo');
    const closings = Array.from({ length: 30 }, async (_, at) => {
      const session = opened(world.stage);
      const { end } = await world.stage.client('rtp', 440);
      // Some have their answer by then.
      const begun = introduce(session, end, 'offeree').catch((error: unknown) => error);
      await delay(at);
      await session.close();
      return begun;
    });
    const errors = (await Promise.all(closings)).filter((error) => error !== undefined);
    for (const error of errors) expect(error).toMatchObject({ name: 'PatchbayError' });
    await world.bench.hasChannels(1);
    await bystander.session.changeType?.({ type: 'park' });
    expect([bystander.sink.statuses, bystander.sink.ends]).toEqual([[], 0]);
  });

  test('tells its sink nothing, and closes once', async () => {
    const leg = await world.stage.connected('park');
    await Promise.all([leg.session.close(), leg.session.close()]);
    await delay(300);
    expect([leg.sink.statuses, leg.sink.ends]).toEqual([[], 0]);
    expect(await rejection(leg.session.changeType?.({ type: 'echo' }) ?? Promise.resolve())).toMatchObject(
      reason('fs_channel_stop'),
    );
  });
});

describe.each(engineKinds)('a call of FreeSWITCH, the %s, that ends by itself', (engine) => {
  const world = useFreeSwitch(engine);
  const cut = () => {
    const { bench } = world;
    for (const port of [bench.address.eslPort, bench.address.sipPort]) bench.sockets.cut(port);
  };

  test('says why, once', async () => {
    const leg = await world.stage.connected('echo', { sdpType: 'webrtc' });
    await world.bench.ask(`uuid_kill ${leg.id} USER_BUSY`);
    await until('it is told', () => leg.sink.ends > 0);
    await delay(200);
    expect(leg.sink.statuses).toEqual([
      { class: 'webrtc', status: 'up' },
      { class: 'webrtc', status: 'down' },
      { class: 'hangup', cause: 'USER_BUSY' },
    ]);
    expect(leg.sink.ends).toBe(1);
    expect(leg.sink.why).toMatchObject(reason('fs_channel_stop'));
  });

  test('is refused for its SDP as the fault of who sent it, and tells its sink nothing', async () => {
    const { session, sink } = world.stage.open('park');
    expect(await rejection(session.acceptOffer?.(unusable) ?? Promise.resolve())).toMatchObject(
      reason('invalid_value'),
    );
    await delay(200);
    expect([sink.statuses, sink.ends]).toEqual([[], 0]);
  });

  test('because FreeSWITCH stays out of reach, is given up within 10 s, and ended when it is back', async () => {
    const legs = await Promise.all([world.stage.connected('park'), world.stage.connected('echo')]);
    const cutAtMs = performance.now();
    cut();
    await until('all are told', () => legs.every(({ sink }) => sink.ends === 1), 11_000);
    expect(performance.now() - cutAtMs).toBeLessThan(10_000);
    world.bench.sockets.mend();
    await world.bench.hasChannels(0);
  });

  test.each([
    ['rings', 'offerer'],
    ['is being made', 'offeree'],
  ] as const)('because its SIP connection is lost while it %s, ends', async (_, role) => {
    const { bench, stage } = world;
    const { session, sink } = stage.open('park', role === 'offerer' ? rtp : {});
    if (role === 'offerer') {
      await session.makeOffer?.();
      bench.sockets.cut(bench.address.sipPort);
      await until('it is told', () => sink.ends === 1, 2000);
    } else {
      const { end } = await stage.client('rtp', 440);
      const begun = rejection(introduce(session, end, role));
      bench.sockets.cut(bench.address.sipPort);
      await begun;
    }
    bench.sockets.mend();
    await bench.hasChannels(0);
  });

  test('leaves its peer parked, who can be bridged with another at once', async () => {
    const { stage } = world;
    const [one, two, three] = [
      await stage.connected('park'),
      await stage.connected('park', { hz: 660 }),
      await stage.connected('park', { hz: 880 }),
    ];
    await one.session.changeType?.({ type: 'bridge', peer: two.session });
    await two.session.close();
    await one.session.changeType?.({ type: 'bridge', peer: three.session });
    await Promise.all([hears(one, three), hears(three, one)]);
    expect(one.sink.ends).toBe(0);
  });
});

describe('a call that FreeSWITCH does not take, or not for long', () => {
  const world = useFreeSwitch('double');

  test('is over when its answer and its end come in one piece, and the event socket tells of that last', async () => {
    const { bench, stage } = world;
    bench.double.joinNext(/^SIP\/2\.0 200 OK/);
    bench.double.delayEvent(/Event-Name: CHANNEL_HANGUP\n/, 100);
    const { session, sink, id } = stage.open('park');
    const { end } = await stage.client('rtp', 440);
    const answered = session.acceptOffer?.({ sdp: await end.offer(), sdp_type: 'rtp', trickle_ice: false });
    await until('it is there', () => bench.double.channels()[0]?.place.at === 'park');
    bench.double.hangup(id, 'NORMAL_CLEARING');
    expect((await answered)?.sdp).toContain('m=audio');
    await until('it is told', () => sink.ends > 0);
    expect(stage.backend.engine().sessions).toBe(0);
    await stage.connected('echo');
  });

  test('is refused for its SDP, also where its end is told first', async () => {
    const { bench, stage } = world;
    bench.double.joinNext(/^SIP\/2\.0 488/);
    const { session, sink } = stage.open('park');
    const refused = rejection(session.acceptOffer?.(unusable) ?? Promise.resolve());
    await until('its end is told', () => stage.backend.engine().sessions === 0);
    // With its refusal, which waits for another message.
    await stage.call('park');
    expect(await refused).toMatchObject(reason('invalid_value'));
    expect([sink.statuses, sink.ends]).toEqual([[], 0]);
  });
});
