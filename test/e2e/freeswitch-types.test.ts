import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SdpType } from '../../lib/protocol/session.ts';
import {
  engines,
  type FreeSwitchStack,
  type FreeSwitchType,
  freeSwitchTypes,
  type Opened,
  type Role,
  startFreeSwitchStack,
} from '../support/freeswitch-stack.ts';
import { until } from '../support/until.ts';

const roles: readonly Role[] = ['offeree', 'offerer'];
const kinds: readonly SdpType[] = ['webrtc', 'rtp'];

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
  });
  afterAll(() => world?.stop());

  /** What a session of each type does with its client's media, whoever is at the other end. */
  const media: Readonly<Record<FreeSwitchType, (held: Opened, other: Opened | undefined) => Promise<void>>> = {
    park: ({ end }) => end.hearsNothing(),
    echo: ({ end }) => end.hears(end.hz),
    bridge: hearEachOther,
    mcu: hearEachOther,
  };

  /** A session of a type, with somebody at the other end where it has one. */
  async function make(type: FreeSwitchType, role: Role, kind: SdpType, otherKind: SdpType) {
    if (type === 'bridge') {
      const other = await world.open('park', otherKind);
      return { held: await world.open('bridge', kind, { peer_id: other.sessionId }, role), other };
    }
    const held = await world.open(type, kind, {}, role);
    if (type !== 'mcu') return { held, other: undefined };
    return { held, other: await world.open('mcu', otherKind, { room_id: held.reply.room_id }) };
  }

  const cases = freeSwitchTypes.flatMap((type) =>
    roles.flatMap((role) => kinds.map((kind) => [type, role, kind] as const)),
  );
  test.each(cases)('%s, patchbay as %s, %s: media goes where it should', async (type, role, kind) => {
    for (const otherKind of type === 'bridge' || type === 'mcu' ? kinds : kinds.slice(0, 1)) {
      const startedAtMs = performance.now();
      const { held, other } = await make(type, role, kind, otherKind);
      await until('it is what it was made', async () => (await world.info(held)).type === type);
      await until('the other one, too', async () => !other || (await world.info(other)).type === type);
      await media[type](held, other);
      const tookMs = Math.round(performance.now() - startedAtMs);
      console.info(`${engine}: ${type}, ${role}, ${kind}${other ? ` with ${otherKind}` : ''}: ${tookMs} ms`);

      const info = await world.info(held);
      expect(info).toMatchObject({ type, backend: 'freeswitch', backend_role: role, state: 'ready' });
      expect([info.offer?.sdp_type, info.answer?.sdp_type]).toEqual([kind, kind]);
      expect(info.type_ext).toEqual(extOf(type, held, other));
      await world.hangUp(held);
      expect(await world.heard.endings(held.sessionId)).toEqual(['user_stop']);
      const told = world.heard.of(held.sessionId).map((event) => event.type);
      const isBridge = type === 'bridge';
      expect(told.filter((name) => name !== 'status')).toEqual([
        'created',
        ...(role === 'offerer' ? ['offer'] : []),
        'answer',
        ...(isBridge ? ['type'] : []),
        'destroyed',
      ]);
      if (isBridge && other) expect(await world.heard.endings(other.sessionId)).toEqual(['bridge_stop']);
      else if (other) await world.hangUp(other);
      await other?.end.close();
    }
  });

  test('nothing is left of all these sessions, and each has told of its end once, without a gap before it', async () => {
    expect(await world.faulty()).toEqual([]);
  });
});

function extOf(type: FreeSwitchType, held: Opened, other: Opened | undefined): object {
  if (type === 'bridge') return { peer_id: other?.sessionId };
  return type === 'mcu' ? { room_id: held.reply.room_id, room_type: 'video-mcu-stereo' } : {};
}

async function hearEachOther(held: Opened, other: Opened | undefined): Promise<void> {
  if (!other) throw new Error('nobody is at the other end');
  if (!held.end.hasMedia || !other.end.hasMedia) return;
  await Promise.all([held.end.hears(other.end.hz), other.end.hears(held.end.hz)]);
}
