/** Why a connection has to be closed: 1009 for the two lengths, 1003 for binary. */
export type FrameViolation = 'frame_too_long' | 'message_too_long' | 'binary';

const LONGEST_HEADER_BYTES = 14;
const CONTINUATION = 0x0;
const BINARY = 0x2;
/** Opcodes from here on are control frames: at most 125 bytes, and allowed between the frames of a message. */
const FIRST_CONTROL = 0x8;

/**
 * Watches the raw bytes that a client sends and finds the first frame that API Gateway would not take.
 *
 * `ws` limits the length of a message but has no limit for a frame, and it reports a message only when it is
 * complete. So this reads the frame headers itself: it keeps at most one header, and skips payloads unread.
 * `inspect` takes the bytes in the order and the chunks they arrive in, and returns the first violation, from then on
 * always the same one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export function createFrameInspector(limits: { readonly frameBytes: number; readonly messageBytes: number }): {
  inspect(chunk: Uint8Array): FrameViolation | undefined;
} {
  const header = Buffer.alloc(LONGEST_HEADER_BYTES);
  let headerFilled = 0;
  let payloadLeft = 0;
  let messageBytes = 0;
  let violation: FrameViolation | undefined;

  function readHeader(): void {
    const opcode = header.readUInt8(0) & 0x0f;
    const isFinal = (header.readUInt8(0) & 0x80) !== 0;
    const payloadBytes = payloadLength(header);
    payloadLeft = payloadBytes;
    headerFilled = 0;
    if (opcode >= FIRST_CONTROL) return;
    if (opcode !== CONTINUATION) messageBytes = 0;
    messageBytes += payloadBytes;
    if (payloadBytes > limits.frameBytes) violation = 'frame_too_long';
    else if (messageBytes > limits.messageBytes) violation = 'message_too_long';
    else if (opcode === BINARY) violation = 'binary';
    if (isFinal) messageBytes = 0;
  }

  return {
    inspect(chunk) {
      let offset = 0;
      while (offset < chunk.length && violation === undefined) {
        if (payloadLeft > 0) {
          const skipped = Math.min(payloadLeft, chunk.length - offset);
          payloadLeft -= skipped;
          offset += skipped;
          continue;
        }
        const wanted = headerLength(header, headerFilled) - headerFilled;
        const copied = Math.min(wanted, chunk.length - offset);
        header.set(chunk.subarray(offset, offset + copied), headerFilled);
        headerFilled += copied;
        offset += copied;
        if (headerFilled === headerLength(header, headerFilled)) readHeader();
      }
      return violation;
    },
  };
}

/** How many bytes the header has, as far as its first bytes tell; 2 until those two are there. */
function headerLength(header: Buffer, filled: number): number {
  if (filled < 2) return 2;
  const second = header.readUInt8(1);
  const shortLength = second & 0x7f;
  const extended = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0;
  const mask = (second & 0x80) !== 0 ? 4 : 0;
  return 2 + extended + mask;
}

function payloadLength(header: Buffer): number {
  const shortLength = header.readUInt8(1) & 0x7f;
  if (shortLength === 126) return header.readUInt16BE(2);
  if (shortLength === 127) return Number(header.readBigUInt64BE(2));
  return shortLength;
}
