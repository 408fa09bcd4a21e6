import { beforeEach, expect, test } from 'vitest';
import { DescriptionSlot } from '../../../../lib/controller/session/description-slot.ts';
import type { Description } from '../../../../lib/protocol/session.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason, refusal } from '../../../support/errors.ts';
import { offer } from '../../../support/sdp.ts';

const trickling: Description = {
  sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n',
  sdp_type: 'webrtc',
  trickle_ice: true,
};
const line = { candidate: 'candidate:1 1 udp 2122194687 192.0.2.7 40000 typ host', sdpMLineIndex: 0 };

let slot: DescriptionSlot;
beforeEach(() => {
  slot = new DescriptionSlot(new ManualClock(), 'offer');
});

test('is empty, then known at once by put', async () => {
  expect(slot.state).toBe('empty');
  const waiting = slot.known.wait(1000);
  slot.put(offer);
  expect(slot.state).toBe('known');
  expect(await waiting).toBe(offer);
});

test('keeps a description back while it collects, and puts what was collected into it', () => {
  slot.collect(trickling);
  expect(slot.state).toBe('collecting');
  expect(slot.known.value).toBeUndefined();
  slot.add([line]);
  const collected = slot.collected();
  expect(collected).toMatchObject({ trickle_ice: false, sdp: expect.stringContaining(`a=${line.candidate}\r\n`) });
  expect(slot.state).toBe('collecting');
  if (collected) slot.put(collected);
  expect(slot.state).toBe('known');
  expect(slot.known.value).toBe(collected);
});

test('that collected nothing is no_ice_candidates', () => {
  slot.collect(trickling);
  expect(refusal(() => slot.collected())).toMatchObject(reason('no_ice_candidates'));
});

test('that was not collecting has nothing, and drops what is added', () => {
  slot.add([line]);
  expect(slot.collected()).toBeUndefined();
  slot.put(trickling);
  slot.add([line]);
  expect(slot.collected()).toBeUndefined();
  expect(slot.known.value).toBe(trickling);
});
