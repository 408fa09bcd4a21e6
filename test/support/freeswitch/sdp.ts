import { isIPv4 } from 'node:net';

export type MediaKind = 'rtp' | 'webrtc';

type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

interface Section {
  readonly type: string;
  readonly port: number;
  readonly protocol: string;
  readonly payloads: readonly number[];
  readonly lines: readonly string[];
}

export interface Codec {
  readonly name: string;
  readonly payload: number;
}

/** What a description means to FreeSWITCH. */
export interface Heard {
  readonly kind: MediaKind;
  readonly audio: Section;
  readonly audioCodec: Codec;
  readonly video: Section | undefined;
  readonly videoCodec: Codec | undefined;
  readonly direction: Direction;
  readonly address: string;
}

/** Whether media may go to this address: the configuration's list of candidates. */
export type AllowsCandidate = (ip: string) => boolean;

const rates: Readonly<Record<string, string>> = {
  OPUS: 'opus/48000/2',
  PCMU: 'PCMU/8000',
  PCMA: 'PCMA/8000',
  VP8: 'VP8/90000',
  H264: 'H264/90000',
};
const staticPayloads: Readonly<Record<number, string>> = { 0: 'PCMU', 8: 'PCMA' };
const audioNames = ['OPUS', 'PCMU', 'PCMA'];
const videoNames = ['VP8', 'H264'];
const inverse: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

export const isSdp = (text: string): boolean => text.startsWith('v=0') && text.includes('\nm=');

/** Undefined: not acceptable, which is answered with 488. */
export function hear(sdp: string, allows: AllowsCandidate): Heard | undefined {
  const { session, sections } = cut(sdp);
  const audio = sections.find(({ type, port }) => type === 'audio' && port !== 0);
  const audioCodec = audio && pick(audio, audioNames);
  if (!audio || !audioCodec) return undefined;
  const kind = audio.protocol.endsWith('SAVPF') ? 'webrtc' : 'rtp';
  const video = sections.find(({ type, port }) => type === 'video' && port !== 0);
  const videoCodec = video && pick(video, videoNames);
  const used = videoCodec ? [audio, video] : [audio];
  if (kind === 'webrtc' && !used.every((section) => hasCandidate(section, allows))) return undefined;
  const address = [...audio.lines, ...session].find((line) => line.startsWith('c='))?.split(' ')[2] ?? '';
  const direction = directionOf(audio.lines) ?? directionOf(session) ?? 'sendrecv';
  return { kind, audio, audioCodec, video, videoCodec, direction, address };
}

export interface Ports {
  readonly audio: number;
  readonly video: number;
}

/** Of its own: a fingerprint for all calls of one life, the rest anew for each description. */
export function answer(heard: Heard, ports: Ports, fingerprint: string): string {
  const { audio, audioCodec, video, videoCodec, kind } = heard;
  const direction = inverse[heard.direction];
  const dtmf = [...rtpmaps(audio)].find(([, name]) => name === 'TELEPHONE-EVENT')?.[0];
  return describe([
    ...(kind === 'webrtc' ? [`a=msid-semantic: WMS ${letters(32)}`] : []),
    `m=audio ${ports.audio} ${audio.protocol} ${[audioCodec.payload, ...(dtmf === undefined ? [] : [dtmf])].join(' ')}`,
    `a=rtpmap:${audioCodec.payload} ${rates[audioCodec.name]}`,
    ...(audioCodec.name === 'OPUS' ? [`a=fmtp:${audioCodec.payload} useinbandfec=1; minptime=10`] : []),
    ...(dtmf === undefined ? [] : [`a=rtpmap:${dtmf} telephone-event/8000`]),
    'a=silenceSupp:off - - - -',
    ...(direction === 'sendrecv' ? [] : [`a=${direction}`]),
    'a=ptime:20',
    ...(kind === 'webrtc' ? webrtcLines(ports.audio, 'active', fingerprint) : []),
    ...(video && videoCodec
      ? [
          `m=video ${ports.video} ${video.protocol} ${videoCodec.payload}`,
          'b=AS:1024',
          `a=rtpmap:${videoCodec.payload} ${rates[videoCodec.name]}`,
          ...(kind === 'webrtc' ? webrtcLines(ports.video, 'active', fingerprint) : []),
        ]
      : video
        ? [`m=video 0 ${video.protocol} 19`]
        : []),
  ]);
}

/** What an originate offers: the codecs that its variables name, with `media_webrtc` as WebRTC. */
export function offer(variables: ReadonlyMap<string, string>, ports: Ports, fingerprint: string): string {
  const webrtc = variables.get('media_webrtc') === 'true';
  const protocol = webrtc ? 'RTP/SAVPF' : 'RTP/AVP';
  const asked = (variables.get('absolute_codec_string') ?? '^^:OPUS:PCMU:PCMA:VP8:H264')
    .replace(/^\^\^./, '')
    .toUpperCase();
  const codecs = asked.split(/[:,]/);
  const payloadOf: Readonly<Record<string, number>> = { OPUS: 102, PCMU: 0, PCMA: 8, VP8: 103, H264: 104 };
  const list = (names: readonly string[]) =>
    names.filter((name) => codecs.includes(name)).map((name) => ({ name, payload: payloadOf[name] ?? 0 }));
  const maps = (list: readonly Codec[]) => list.map(({ name, payload }) => `a=rtpmap:${payload} ${rates[name]}`);
  const [audio, video] = [list(audioNames), list(videoNames)];
  const part = (port: number) => (webrtc ? webrtcLines(port, 'actpass', fingerprint) : []);
  return describe([
    ...(webrtc ? [`a=msid-semantic: WMS ${letters(32)}`] : []),
    `m=audio ${ports.audio} ${protocol} ${[...audio.map(({ payload }) => payload), 101].join(' ')}`,
    ...maps(audio),
    'a=rtpmap:101 telephone-event/8000',
    ...(webrtc ? [] : ['a=fmtp:101 0-15']),
    ...part(ports.audio).filter((line) => line !== endOfCandidates),
    'a=silenceSupp:off - - - -',
    'a=ptime:20',
    ...(video.length === 0
      ? []
      : [
          `m=video ${ports.video} ${protocol} ${video.map(({ payload }) => payload).join(' ')}`,
          'b=AS:1024',
          ...maps(video),
          ...part(ports.video),
        ]),
  ]);
}

export function newFingerprint(): string {
  return [...crypto.getRandomValues(new Uint8Array(32))]
    .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
    .join(':');
}

const endOfCandidates = 'a=end-of-candidates';

function webrtcLines(port: number, setup: string, fingerprint: string): readonly string[] {
  const foundation = Math.floor(Math.random() * 1e10);
  const ssrc = Math.floor(Math.random() * 2 ** 32);
  return [
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`,
    'a=rtcp-mux',
    `a=rtcp:${port} IN IP4 127.0.0.1`,
    `a=ssrc:${ssrc} cname:${letters(16)}`,
    `a=ice-ufrag:${letters(16)}`,
    `a=ice-pwd:${letters(24)}`,
    `a=candidate:${foundation} 1 udp 2130706431 127.0.0.1 ${port} typ host generation 0`,
    endOfCandidates,
  ];
}

function describe(media: readonly string[]): string {
  const id = Math.floor(Date.now() / 1000);
  const head = ['v=0', `o=FreeSWITCH ${id} ${id + 1} IN IP4 127.0.0.1`, 's=FreeSWITCH', 'c=IN IP4 127.0.0.1', 't=0 0'];
  return [...head, ...media].map((line) => `${line}\r\n`).join('');
}

function cut(sdp: string): { readonly session: readonly string[]; readonly sections: readonly Section[] } {
  const [session = '', ...parts] = sdp.split(/\r?\n(?=m=)/);
  const sections = parts.map((part): Section => {
    const [first = '', ...lines] = part.split(/\r?\n/);
    const [type = '', port = '0', protocol = '', ...payloads] = first.slice(2).split(' ');
    return { type, port: Number(port), protocol, payloads: payloads.map(Number), lines };
  });
  return { session: session.split(/\r?\n/), sections };
}

function rtpmaps({ lines, payloads }: Section): ReadonlyMap<number, string> {
  const known = payloads.flatMap((payload): [number, string][] => {
    const name = staticPayloads[payload];
    return name === undefined ? [] : [[payload, name]];
  });
  const mapped = lines.flatMap((line): [number, string][] => {
    const [, payload, name] = /^a=rtpmap:(\d+) ([^/]+)/.exec(line) ?? [];
    return payload === undefined || name === undefined ? [] : [[Number(payload), name.toUpperCase()]];
  });
  return new Map([...known, ...mapped]);
}

/** The first of our own codecs that is offered. */
function pick(section: Section, names: readonly string[]): Codec | undefined {
  const offered = [...rtpmaps(section)];
  for (const name of names) {
    const payload = offered.find(([, given]) => given === name)?.[0];
    if (payload !== undefined) return { name, payload };
  }
  return undefined;
}

const directionOf = (lines: readonly string[]): Direction | undefined => {
  const found = lines.map((line) => /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.exec(line)?.[1]).find(Boolean);
  return found as Direction | undefined;
};

function hasCandidate({ lines }: Section, allows: AllowsCandidate): boolean {
  return lines
    .filter((line) => line.startsWith('a=candidate:'))
    .map((line) => line.split(' '))
    .some(([, component, , , ip = '']) => component === '1' && isIPv4(ip) && allows(ip));
}

function letters(count: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return [...crypto.getRandomValues(new Uint8Array(count))].map((byte) => alphabet[byte % alphabet.length]).join('');
}
