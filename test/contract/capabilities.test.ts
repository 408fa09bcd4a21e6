import { beforeAll, describe, expect, test } from 'vitest';
import { capabilities, type Role } from '../../lib/domain/capabilities.ts';
import { type BackendKind, type SdpType, type SessionType, sessionTypes } from '../../lib/protocol/session.ts';
import { FakeFreeSwitch } from '../support/fake-freeswitch.ts';
import { conference, inProcess, listenerTo, type Party, publisherIn } from '../support/in-process.ts';
import { offer, phoneOffer } from '../support/sdp.ts';
import { until } from '../support/until.ts';

/**
 * docs/protocol.md#types, row by row, by creating such sessions: which backend takes them, which refuse.
 * `n1` has p2p and what stands for Janus, `n2` what stands for FreeSWITCH.
 */
const world = inProcess();
const freeswitch = new FakeFreeSwitch();
let ann: Party;
beforeAll(async () => {
  await world.start('n2', [freeswitch]);
  ann = await world.connect({ scope: 'media:session media:rtp media:room' });
});

const offers: Record<SdpType, object> = { webrtc: offer, rtp: { sdp: phoneOffer, sdp_type: 'rtp' } };
const kinds: readonly SdpType[] = ['webrtc', 'rtp'];
const roles: readonly Role[] = ['offeree', 'offerer'];
const backends: readonly BackendKind[] = ['janus', 'freeswitch', 'p2p'];

interface Row {
  readonly offeree: readonly SdpType[];
  readonly offerer: readonly SdpType[];
  /** To which types it can change. */
  readonly setType: readonly SessionType[];
}

const engineTypes: readonly SessionType[] = ['echo', 'park', 'bridge', 'mcu'];

const rows: Readonly<Partial<Record<`${SessionType} ${BackendKind}`, Row>>> = {
  // No engine makes an SDP: the clients do, so its slave may come without an offer.
  'p2p p2p': { offeree: ['webrtc', 'rtp'], offerer: ['webrtc', 'rtp'], setType: [] },
  'echo janus': { offeree: ['webrtc'], offerer: [], setType: [] },
  'echo freeswitch': { offeree: ['webrtc', 'rtp'], offerer: ['webrtc', 'rtp'], setType: engineTypes },
  'park freeswitch': { offeree: ['webrtc', 'rtp'], offerer: ['webrtc', 'rtp'], setType: engineTypes },
  'bridge freeswitch': { offeree: ['webrtc', 'rtp'], offerer: ['webrtc', 'rtp'], setType: engineTypes },
  'mcu freeswitch': { offeree: ['webrtc', 'rtp'], offerer: ['webrtc', 'rtp'], setType: engineTypes },
  'proxy janus': { offeree: ['webrtc', 'rtp'], offerer: [], setType: [] },
  'publish janus': { offeree: ['webrtc'], offerer: [], setType: [] },
  'listen janus': { offeree: [], offerer: ['webrtc'], setType: ['listen'] },
};

/** The data of a create in this role with this kind of SDP, with whatever else its type needs. */
async function wanted(type: SessionType, role: Role, kind: SdpType): Promise<Record<string, unknown>> {
  const description = role === 'offeree' ? { offer: offers[kind] } : { sdp_type: kind };
  if (type === 'p2p' && role === 'offerer') {
    return { type, ...description, master_id: await ann.create({ type, offer: offers[kind] }) };
  }
  if (type === 'bridge') return { type, ...description, peer_id: await ann.create({ type: 'park', offer }) };
  if (type === 'listen') return { type, ...description, publisher_id: (await conference(world)).publisher_id };
  return { type, ...description };
}

const rowOf = (type: SessionType, backend: BackendKind): Row | undefined => rows[`${type} ${backend}`];

describe.each(sessionTypes)('%s', (type) => {
  describe.each(backends)(`on %s`, (backend) => {
    const row = rowOf(type, backend);

    test.each(roles.flatMap((role) => kinds.map((kind) => [role, kind] as const)))(
      `as %s of %s: ${row ? 'as its row says' : 'incompatible_session'}`,
      async (role, kind) => {
        const data = { ...(await wanted(type, role, kind)), backend };
        if (row?.[role].includes(kind)) {
          const session_id = await ann.create(data);
          expect(await ann.ask('get_info', { session_id })).toMatchObject({ type, backend, backend_role: role });
        } else {
          expect(await ann.refused('create', data)).toMatchObject({
            reason: 'incompatible_session',
            error: expect.stringMatching(`backend ${backend} does not do ${type} with.* of sdp_type ${kind}`),
          });
        }
      },
    );

    if (row) {
      test(`set_type to ${row.setType.join(', ') || 'nothing'}, else incompatible_session`, async () => {
        const [role, kind] = row.offeree[0] ? (['offeree', row.offeree[0]] as const) : (['offerer', 'webrtc'] as const);
        const session_id = await ann.create({ ...(await wanted(type, role, kind)), backend });
        for (const other of sessionTypes.filter((one) => !row.setType.includes(one))) {
          expect(await ann.refused('set_type', { session_id, type: other })).toMatchObject({
            reason: 'incompatible_session',
            error: expect.stringContaining(`${backend} cannot make ${other} of a ${type} session`),
          });
        }
        expect(await ann.ask('get_info', { session_id })).toMatchObject({ type });
      });
    }
  });
});

const pairs = engineTypes.flatMap((from) => engineTypes.filter((to) => to !== from).map((to) => [from, to] as const));

test.each(pairs)('on freeswitch, %s becomes %s by set_type and by the older update', async (from, to) => {
  for (const older of [false, true]) {
    const { offer: _, ...fields } = await wanted(to, 'offeree', 'webrtc');
    const session_id = await ann.create({
      ...(await wanted(from, 'offeree', 'webrtc')),
      backend: 'freeswitch',
      stop_after_peer: false,
      wait_reply: true,
    });
    if (from === 'bridge') await until('it is bridged', () => ann.of(session_id, 'type').length > 0);
    const reply = older
      ? await ann.ask('update', { ...fields, session_id, type: 'session_type', session_type: to })
      : await ann.ask('set_type', { ...fields, session_id });
    const expected = {
      mcu: { room_id: expect.stringMatching(/@n2$/), room_type: 'video-mcu-stereo' },
      bridge: { peer_id: fields.peer_id },
    };
    expect(reply).toEqual(Reflect.get(expected, to) ?? {});
    expect(await ann.ask('get_info', { session_id })).toMatchObject({ type: to, type_ext: reply, ...reply });
  }
});

test('a listener becomes one of another publisher of its room, and of no other room', async () => {
  const [here, elsewhere] = [await conference(world), await conference(world)];
  const session_id = await listenerTo(ann, here.publisher_id);
  const publisher_id = await publisherIn(here.host, here.room_id);
  const change = { session_id, type: 'listen' };
  expect(await ann.ask('set_type', { ...change, publisher_id })).toEqual({ room_id: here.room_id, publisher_id });
  expect(await ann.refused('set_type', { ...change, publisher_id: elsewhere.publisher_id })).toMatchObject({
    reason: 'incompatible_session',
    error: `data.publisher_id: ${elsewhere.publisher_id} is in another room`,
  });
  expect(await ann.ask('get_info', { session_id })).toMatchObject({ publisher_id });
});

describe('automatic backend', () => {
  const chosen = async (data: Record<string, unknown>) => {
    const { backend } = await ann.ask('get_info', { session_id: await ann.create(data) });
    return backend;
  };

  test.each(
    sessionTypes.flatMap((type) =>
      roles.flatMap((role) =>
        kinds.map((kind) => {
          const first = backends.find((backend) => rowOf(type, backend)?.[role].includes(kind));
          return [type, role, kind, first ?? 'incompatible_session'] as const;
        }),
      ),
    ),
  )('for %s as %s of %s: %s', async (type, role, kind, outcome) => {
    const data = await wanted(type, role, kind);
    if (outcome !== 'incompatible_session') expect(await chosen(data)).toBe(outcome);
    else {
      expect(await ann.refused('create', data)).toMatchObject({
        reason: 'incompatible_session',
        error: expect.stringContaining(`no backend does ${type}`),
      });
    }
  });

  test('is the next one that can, where the first has no live node', async () => {
    world.janus.up = false;
    try {
      expect(await chosen({ type: 'echo', offer })).toBe('freeswitch');
      expect(await ann.refused('create', { type: 'echo', offer, backend: 'janus' })).toMatchObject({
        reason: 'no_mediaserver',
        retry_after: expect.any(Number),
      });
      expect(await ann.refused('create', { type: 'publish', offer })).toMatchObject({ reason: 'no_mediaserver' });
    } finally {
      world.janus.up = true;
    }
  });

  test.each([
    ['nkmedia_janus', 'janus'],
    ['nkmedia_fs', 'freeswitch'],
  ])('%s is the older name of %s', async (name, backend) => {
    expect(await chosen({ type: 'echo', offer, backend: name })).toBe(backend);
  });

  test('a name that is none is unknown_backend', async () => {
    expect(await ann.refused('create', { type: 'echo', offer, backend: 'kurento' })).toMatchObject({
      reason: 'unknown_backend',
    });
  });
});

test('every row of the table has its tests here, and says the same', () => {
  const table = capabilities.map((row) => [`${row.type} ${row.backend}`, row] as const);
  expect(table.map(([name]) => name).sort()).toEqual(Object.keys(rows).sort());
  for (const [, row] of table) {
    const here = rowOf(row.type, row.backend);
    for (const role of roles) expect(here?.[role]).toEqual(row.roles.includes(role) ? row.sdp : []);
  }
});

test('without a node that has FreeSWITCH: no_mediaserver, which says how it joins', async () => {
  await world.stop('n2');
  expect(await ann.refused('create', { type: 'park', offer })).toMatchObject({
    code: 300001,
    reason: 'no_mediaserver',
    error: expect.stringContaining('FreeSWITCH joins by PATCHBAY_FREESWITCH_BIN or PATCHBAY_FREESWITCH_URL'),
  });
});
