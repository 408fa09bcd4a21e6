import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parse } from 'sdp-transform';
import { PitchMeter } from '../../lib/smoke/pitch.ts';
import { decodeMulaw, encodeMulaw } from './mulaw.ts';

/** What a SIP phone is to the media: a UDP socket on loopback that speaks plain RTP with PCMU. */

const address = '127.0.0.1';
const sampleRate = 8000;
const packetMs = 20;
const samplesPerPacket = (sampleRate * packetMs) / 1000;
const headerBytes = 12;
const payloadType = 0;
export const phoneHz = 660;

export interface RtpEndpoint {
  readonly port: number;
  /** Its offer or answer. */
  readonly sdp: string;
  /** How many PCMU packets have come. */
  readonly packets: number;
  /** Sends its tone to where this description says, a packet every 20 ms, until `hush` or `close`. */
  speakTo(sdp: string): void;
  hush(): void;
  /** The pitch of what comes from now on, measured over so much of it; 0 for silence. Waits for it. */
  pitchHz(forMs?: number): Promise<number>;
  close(): Promise<void>;
}

/** Where an RTP description wants its audio. */
export function audioAddress(sdp: string): { readonly ip: string; readonly port: number } {
  const { connection, media } = parse(sdp);
  const audio = media.find(({ type }: { readonly type: string }) => type === 'audio');
  const ip = audio?.connection?.ip ?? connection?.ip;
  if (!audio || ip === undefined) throw new Error(`no audio with an address in ${sdp}`);
  return { ip, port: audio.port };
}

/** @param hz of the tone that it sends */
export async function openRtpEndpoint(hz = phoneHz): Promise<RtpEndpoint> {
  const socket = createSocket('udp4');
  const listeners = new Set<(payload: Uint8Array) => void>();
  let packets = 0;
  let partner: number | undefined;
  socket.on('message', (packet, from) => {
    // Whoever had this port before may still be spoken to.
    if (partner !== undefined && from.port !== partner) return;
    if (packet.length <= headerBytes || (packet.readUInt8(1) & 0x7f) !== payloadType) return;
    packets += 1;
    for (const hear of listeners) hear(packet.subarray(headerBytes));
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  let speaking: NodeJS.Timeout | undefined;
  const hush = () => clearInterval(speaking);

  return {
    port,
    sdp: description(port),
    get packets() {
      return packets;
    },
    speakTo(sdp) {
      hush();
      const to = audioAddress(sdp);
      partner = to.port;
      const tone = tonePackets(hz);
      const startedAtMs = performance.now();
      let sent = 0;
      // A timer that comes late makes up for it.
      speaking = setInterval(() => {
        for (; sent * packetMs <= performance.now() - startedAtMs; sent += 1) {
          socket.send(tone.next().value, to.port, to.ip);
        }
      }, packetMs);
    },
    hush,
    async pitchHz(forMs = 500) {
      const meter = new PitchMeter();
      const { promise, resolve } = Promise.withResolvers<void>();
      const hear = (payload: Uint8Array) => {
        for (const byte of payload) meter.hear(decodeMulaw(byte));
        if (meter.samples >= (sampleRate * forMs) / 1000) resolve();
      };
      listeners.add(hear);
      await promise;
      listeners.delete(hear);
      return meter.hz(sampleRate);
    },
    async close() {
      hush();
      socket.close();
      await once(socket, 'close');
    },
  };
}

function description(port: number): string {
  const lines = [
    'v=0',
    `o=phone 1 1 IN IP4 ${address}`,
    's=call',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} PCMU/${sampleRate}`,
    `a=ptime:${packetMs}`,
    'a=sendrecv',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** A sine in RTP packets. https://www.rfc-editor.org/rfc/rfc3550#section-5.1 */
function* tonePackets(hz: number): Generator<Buffer, never> {
  const ssrc = Math.floor(Math.random() * 2 ** 32);
  for (let count = 0; ; count += 1) {
    const packet = Buffer.alloc(headerBytes + samplesPerPacket);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt8(payloadType, 1);
    packet.writeUInt16BE(count % 2 ** 16, 2);
    packet.writeUInt32BE((count * samplesPerPacket) % 2 ** 32, 4);
    packet.writeUInt32BE(ssrc, 8);
    for (let at = 0; at < samplesPerPacket; at += 1) {
      const seconds = (count * samplesPerPacket + at) / sampleRate;
      packet.writeUInt8(encodeMulaw(12_000 * Math.sin(2 * Math.PI * hz * seconds)), headerBytes + at);
    }
    yield packet;
  }
}
