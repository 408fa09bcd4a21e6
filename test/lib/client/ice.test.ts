import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { gatheringDone } from '../../../lib/client/ice.ts';

class FakePeerConnection extends EventTarget {
  iceGatheringState: RTCIceGatheringState = 'gathering';
  signalingState: RTCSignalingState = 'have-local-offer';
}

let peerConnection: FakePeerConnection;
let isDone: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  peerConnection = new FakePeerConnection();
  isDone = false;
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = () => gatheringDone(peerConnection, 1000).then(() => (isDone = true));

it('ends when all candidates are there, and leaves no timer', async () => {
  wait();
  peerConnection.iceGatheringState = 'complete';
  peerConnection.dispatchEvent(new Event('icegatheringstatechange'));
  await vi.advanceTimersByTimeAsync(0);
  expect(isDone).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('does not wait when they were there already', async () => {
  peerConnection.iceGatheringState = 'complete';
  wait();
  await vi.advanceTimersByTimeAsync(0);
  expect(isDone).toBe(true);
});

it('waits no longer than told when gathering yields nothing', async () => {
  wait();
  await vi.advanceTimersByTimeAsync(999);
  expect(isDone).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isDone).toBe(true);
});
