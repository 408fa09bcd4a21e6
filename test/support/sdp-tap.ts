import { nodeTransport } from '../../lib/client/node-transport.ts';
import type { TransportFactory } from '../../lib/client/transport.ts';

/** An SDP that the server made, and in what it came. */
export interface SeenSdp {
  readonly sdp: string;
  readonly path: string;
}

const canonical = (sdp: string) => sdp.replace(/\r\n/g, '\n').trim();

/** Listens at a client's socket: what SDPs leave the server, in replies and events, that no client of it has said itself. */
export class SdpTap {
  readonly #given = new Set<string>();
  readonly #seen: SeenSdp[] = [];

  /** Made by the server. Looked at late: who said it may be known only then. */
  get seen(): readonly SeenSdp[] {
    return this.#seen.filter(({ sdp }) => !this.#given.has(canonical(sdp)));
  }

  readonly transport: TransportFactory = (url, protocols) => {
    const inner = nodeTransport(url, protocols);
    return {
      maxMessageBytes: inner.maxMessageBytes,
      open: (listener) =>
        inner.open({
          onMessage: (text) => {
            this.#seen.push(...sdpsIn(JSON.parse(text)));
            listener.onMessage(text);
          },
          onClose: (info) => listener.onClose(info),
        }),
      send: (text) => {
        for (const { sdp } of sdpsIn(JSON.parse(text))) this.#given.add(canonical(sdp));
        inner.send(text);
      },
      close: () => inner.close(),
    };
  };
}

/** Whatever begins like an SDP, wherever it is in a message. */
function sdpsIn(value: unknown, path = ''): SeenSdp[] {
  if (typeof value === 'string') return value.startsWith('v=0') ? [{ sdp: value, path }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => sdpsIn(one, `${path}/${key}`));
}

/** All that looks like an IP address or a host's name on a local network, each once. */
export function addressesIn(sdp: string): string[] {
  const v4 = sdp.match(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g) ?? [];
  // Of lines that may hold one: a fingerprint looks like one, too.
  const lines = sdp.split(/\r?\n/).filter((line) => /^(o=|c=|a=candidate|a=rtcp:)/.test(line));
  const v6 = lines.flatMap((line) => line.split(' ').slice(1)).filter((word) => word.includes(':'));
  const names = sdp.match(/\S+\.local\b/g) ?? [];
  return [...new Set([...v4, ...v6, ...names])];
}
