import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Trickle } from '../../../lib/client/trickle.ts';

class Source extends EventTarget {
  find(candidate: string | null): void {
    const found = candidate === null ? null : { sdpMid: '0', sdpMLineIndex: 0, candidate };
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: found }));
  }
}

let source: Source;
let sent: string[];
const sink = {
  candidates: async (candidates: { candidate: string }[]) => {
    sent.push(candidates.map(({ candidate }) => candidate).join(' '));
  },
  end: async () => {
    sent.push('end');
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  source = new Source();
  sent = [];
});
afterEach(() => {
  vi.useRealTimers();
});

it('keeps what comes before it is known whereto, and sends a burst in one message', async () => {
  const trickle = new Trickle(source, 'engine');
  source.find('a');
  source.find('b');
  await vi.advanceTimersByTimeAsync(1000);
  trickle.start(sink);
  await vi.advanceTimersByTimeAsync(10);
  source.find('c');
  await vi.advanceTimersByTimeAsync(10);
  expect(sent).toEqual(['a b c']);
  source.find('d');
  await vi.advanceTimersByTimeAsync(20);
  expect(sent).toEqual(['a b c', 'd']);
});

it.each([
  ['no candidate', [null]],
  ['an empty one', ['']],
  ['both', ['', null]],
])('says once that there are no more: %s', async (_, ends) => {
  new Trickle(source, 'engine').start(sink);
  source.find('a');
  for (const end of ends) source.find(end);
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual(['a', 'end']);
});

it('sends at most 50 in a message, one message after another', async () => {
  new Trickle(source, 'engine').start(sink);
  for (let index = 0; index < 120; index += 1) source.find(`${index}`);
  await vi.advanceTimersByTimeAsync(20);
  expect(sent.map((message) => message.split(' ').length)).toEqual([50, 50, 20]);
});

it('does not overtake a message that is under way', async () => {
  const first = Promise.withResolvers<void>();
  let count = 0;
  new Trickle(source, 'engine').start({
    candidates: async (candidates) => {
      count += 1;
      if (count === 1) await first.promise;
      await sink.candidates(candidates);
    },
    end: sink.end,
  });
  source.find('a');
  await vi.advanceTimersByTimeAsync(50);
  source.find('b');
  source.find(null);
  await vi.advanceTimersByTimeAsync(50);
  expect(sent).toEqual([]);
  first.resolve();
  await vi.advanceTimersByTimeAsync(50);
  expect(sent).toEqual(['a', 'b', 'end']);
});

it('leaves nothing behind when it is stopped', async () => {
  const trickle = new Trickle(source, 'engine');
  trickle.start(sink);
  source.find('a');
  trickle.stop();
  source.find('b');
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

const at = (address: string) => `candidate:1 1 udp 1 ${address} 9 typ host`;

it('sends an engine no link-local address, and a loopback one only where there is no other', async () => {
  const first = new Trickle(source, 'engine');
  first.start(sink);
  for (const address of ['127.0.0.1', '169.254.3.4', 'FE80::1', '192.0.2.1']) source.find(at(address));
  source.find(null);
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual([at('192.0.2.1'), 'end']);
  first.stop();

  sent = [];
  new Trickle(source, 'engine').start(sink);
  for (const address of ['127.0.0.1', '169.254.3.4']) source.find(at(address));
  source.find(null);
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual([at('127.0.0.1'), 'end']);
});

it('sends a peer all that there is', async () => {
  new Trickle(source, 'peer').start(sink);
  for (const address of ['127.0.0.1', '169.254.3.4']) source.find(at(address));
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual([`${at('127.0.0.1')} ${at('169.254.3.4')}`]);
});
