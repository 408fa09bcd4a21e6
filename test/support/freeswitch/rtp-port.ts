import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const address = '127.0.0.1';
const headerBytes = 12;
/** PCMU: its silence, and how much of it fits a packet. */
const silence = 0xff;
const packetMs = 20;
/** Speech may come so late and is still waited for. */
const lateMs = 100;
const packetBytes = 160;

export interface RtpAddress {
  readonly ip: string;
  readonly port: number;
}

/** One channel's RTP: a UDP port. Each packet that comes is handed on, what it is given it sends as a stream of its own. */
export class RtpPort {
  readonly #socket: Socket;
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #sequence = 0;
  #timestamp = 0;
  #remote: RtpAddress | undefined;
  /** When it last sent what somebody said. */
  #spokenAtMs = 0;
  #filling: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, hear: (payload: Buffer, payloadType: number) => void) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (packet, from) => {
      if (packet.length <= headerBytes) return;
      // The media goes to where it comes from, whatever the description said.
      this.#remote = { ip: from.address, port: from.port };
      hear(packet.subarray(headerBytes), packet.readUInt8(1) & 0x7f);
    });
  }

  static async open(hear: (payload: Buffer, payloadType: number) => void): Promise<RtpPort> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new RtpPort(socket, hear);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  sendTo(remote: RtpAddress): void {
    this.#remote = remote;
  }

  send(payload: Buffer, payloadType: number): void {
    this.#spokenAtMs = performance.now();
    this.#write(payload, payloadType);
  }

  /** Sends silence where there is nothing to send, as a conference does. */
  fill(on: boolean): void {
    clearInterval(this.#filling);
    if (!on) return;
    this.#filling = setInterval(() => {
      if (performance.now() - this.#spokenAtMs > lateMs) this.#write(Buffer.alloc(packetBytes, silence), 0);
    }, packetMs);
  }

  close(): void {
    this.fill(false);
    this.#socket.close();
  }

  #write(payload: Buffer, payloadType: number): void {
    if (!this.#remote || this.#remote.port === 0) return;
    const head = Buffer.alloc(headerBytes);
    head.writeUInt8(0x80, 0);
    head.writeUInt8(payloadType, 1);
    head.writeUInt16BE(this.#sequence % 2 ** 16, 2);
    head.writeUInt32BE(this.#timestamp % 2 ** 32, 4);
    head.writeUInt32BE(this.#ssrc, 8);
    this.#sequence += 1;
    this.#timestamp += payload.length;
    this.#socket.send(Buffer.concat([head, payload]), this.#remote.port, this.#remote.ip);
  }
}

export const silenced = (payload: Buffer): Buffer => Buffer.alloc(payload.length, silence);
