import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameInspector, type FrameViolation } from '../../../../lib/local/gateway/frame-inspector.ts';

const LIMITS = { frameBytes: 32 * 1024, messageBytes: 128 * 1024 };
const [CONTINUATION, TEXT, BINARY, PING] = [0, 1, 2, 9];

interface Frame {
  opcode: number;
  fin: boolean;
  bytes: number;
}

/** The frame as a client sends it, masked with zeros (RFC 6455, 5.2). */
function encode({ opcode, fin, bytes }: Frame): Buffer {
  const first = opcode | (fin ? 0x80 : 0);
  const mask = Buffer.alloc(4);
  const payload = Buffer.alloc(bytes, 1);
  if (bytes < 126) return Buffer.concat([Buffer.from([first, 0x80 | bytes]), mask, payload]);
  if (bytes < 65_536) {
    return Buffer.concat([Buffer.from([first, 0x80 | 126, bytes >> 8, bytes & 0xff]), mask, payload]);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes));
  return Buffer.concat([Buffer.from([first, 0x80 | 127]), length, mask, payload]);
}

function inspect(frames: Frame[], cuts: number[] = []): FrameViolation | undefined {
  const wire = Buffer.concat(frames.map(encode));
  const inspector = createFrameInspector(LIMITS);
  const ends = [...cuts.map((cut) => cut % (wire.length + 1)), wire.length].toSorted((a, b) => a - b);
  let start = 0;
  let violation: FrameViolation | undefined;
  for (const end of ends) {
    violation = inspector.inspect(wire.subarray(start, end));
    start = end;
  }
  return violation;
}

describe('frame inspector', () => {
  it('passes a frame of exactly 32 KB and stops one byte more', () => {
    expect(inspect([{ opcode: TEXT, fin: true, bytes: LIMITS.frameBytes }])).toBeUndefined();
    expect(inspect([{ opcode: TEXT, fin: true, bytes: LIMITS.frameBytes + 1 }])).toBe('frame_too_long');
  });

  it('passes a message of exactly 128 KB in four frames and stops one byte more', () => {
    const frames = [0, 1, 2, 3].map((index) => ({
      opcode: index === 0 ? TEXT : CONTINUATION,
      fin: index === 3,
      bytes: LIMITS.frameBytes,
    }));
    expect(inspect(frames)).toBeUndefined();
    const open = frames.map((frame) => ({ ...frame, fin: false }));
    expect(inspect([...open, { opcode: CONTINUATION, fin: true, bytes: 1 }])).toBe('message_too_long');
  });

  it('adds up the frames of a message over pings in between', () => {
    const ping = { opcode: PING, fin: true, bytes: 5 };
    const part = (opcode: number) => ({ opcode, fin: false, bytes: LIMITS.frameBytes });
    const frames = [TEXT, CONTINUATION, CONTINUATION, CONTINUATION].flatMap((opcode) => [part(opcode), ping]);
    expect(inspect(frames)).toBeUndefined();
    expect(inspect([...frames, { opcode: CONTINUATION, fin: true, bytes: 1 }])).toBe('message_too_long');
  });

  it('does not add up the messages of a connection', () => {
    expect(inspect(Array.from({ length: 20 }, () => ({ opcode: TEXT, fin: true, bytes: 20_000 })))).toBeUndefined();
  });

  it('stops binary', () => {
    expect(inspect([{ opcode: BINARY, fin: true, bytes: 3 }])).toBe('binary');
  });

  it('knows a frame that is longer than any message from its header alone', () => {
    const header = Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    expect(createFrameInspector(LIMITS).inspect(header)).toBe('frame_too_long');
  });

  it('keeps its first finding', () => {
    const inspector = createFrameInspector(LIMITS);
    expect(inspector.inspect(encode({ opcode: BINARY, fin: true, bytes: 1 }))).toBe('binary');
    expect(inspector.inspect(encode({ opcode: TEXT, fin: true, bytes: 1 }))).toBe('binary');
  });

  it('finds the same in any sizes, chunks and with pings in between', () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.constantFrom(125, 126, 65_535, 65_536, LIMITS.frameBytes, LIMITS.frameBytes + 1),
      fc.integer({ min: 0, max: 40_000 }),
    );
    const message = fc.array(size, { minLength: 1, maxLength: 6 });
    const cuts = fc.array(fc.nat(), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.boolean(), cuts, (messages, withPings, cutPoints) => {
        const frames = messages.flatMap((sizes) =>
          sizes.flatMap((bytes, index) => [
            { opcode: index === 0 ? TEXT : CONTINUATION, fin: index === sizes.length - 1, bytes },
            ...(withPings ? [{ opcode: PING, fin: true, bytes: bytes % 126 }] : []),
          ]),
        );
        expect(inspect(frames, cutPoints)).toBe(expected(messages));
        expect(inspect(frames, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])).toBe(expected(messages));
      }),
      { numRuns: 150 },
    );
  });
});

function expected(messages: number[][]): FrameViolation | undefined {
  for (const sizes of messages) {
    let total = 0;
    for (const bytes of sizes) {
      total += bytes;
      if (bytes > LIMITS.frameBytes) return 'frame_too_long';
      if (total > LIMITS.messageBytes) return 'message_too_long';
    }
  }
  return undefined;
}
