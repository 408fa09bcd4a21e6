import type { Conference } from './conferences.ts';
import type { Recording } from './recording.ts';
import type { RtpPort } from './rtp-port.ts';
import type { MediaKind } from './sdp.ts';
import type { Dialog } from './sip-dialog.ts';

/** Where a channel is. Beside it `show channels` tells the last application, which a bridge or a park leaves as it was. */
export type Place =
  | { readonly at: 'ringing' | 'answering' | 'park' | 'echo' | 'gone' }
  /** Alive, without media, and nothing will tell of it. */
  | { readonly at: 'limbo' }
  | { readonly at: 'conference'; readonly conference: Conference }
  | { readonly at: 'bridge'; readonly a: Channel; readonly b: Channel };

export type ChannelState =
  | 'CS_INIT'
  | 'CS_CONSUME_MEDIA'
  | 'CS_EXECUTE'
  | 'CS_SOFT_EXECUTE'
  | 'CS_EXCHANGE_MEDIA'
  | 'CS_RESET'
  | 'CS_PARK'
  | 'CS_REPORTING';

export interface ChannelOrigin {
  readonly uuid: string;
  readonly direction: 'inbound' | 'outbound';
  /** The number of its caller id: the tag of the node that owns it. */
  readonly cidNum: string;
  readonly dest: string;
  readonly name: string;
  readonly variables: ReadonlyMap<string, string>;
}

/** One leg of a call, as FreeSWITCH keeps it. */
export class Channel {
  readonly uuid: string;
  readonly direction: 'inbound' | 'outbound';
  readonly name: string;
  readonly cidNum: string;
  readonly initialDest: string;
  readonly createdAtMs = Date.now();
  readonly variables: Map<string, string>;
  readonly recordings = new Map<string, Recording>();
  dest: string;
  dialplan: string;
  place: Place = { at: 'answering' };
  state: ChannelState = 'CS_INIT';
  callState: 'DOWN' | 'RINGING' | 'EARLY' | 'ACTIVE' | 'HANGUP' = 'DOWN';
  answerState: 'ringing' | 'early' | 'answered' = 'ringing';
  application = '';
  applicationData = '';
  hangupCause: string | undefined;
  /** The last partner of a bridge. */
  otherLeg: string | undefined;
  media: MediaKind = 'rtp';
  hasVideo = false;
  /** The client said that its audio goes one way: see `Moves`. */
  oneWay = false;
  readMuted = false;
  videoMuted = false;
  videoBitrate: string | undefined;
  /** The description that the client was given. */
  localSdp = '';
  dialog: Dialog | undefined;
  rtp: RtpPort | undefined;
  /** What else has to end with it: its originate, its INVITE. */
  ended: ((cause: string) => void) | undefined;
  /** Its 200 was acknowledged. */
  acknowledged: (() => void) | undefined;
  /** Lets its originate go on before the answer. */
  proceed: (() => void) | undefined;
  /** The command whose effect is still to come; a later one takes its place. */
  move: object | undefined;

  constructor({ uuid, direction, cidNum, dest, name, variables }: ChannelOrigin) {
    this.uuid = uuid;
    this.direction = direction;
    this.cidNum = cidNum;
    this.initialDest = dest;
    this.dest = dest;
    this.dialplan = direction === 'inbound' ? 'XML' : '';
    this.name = name;
    this.variables = new Map(variables);
  }

  get partner(): Channel | undefined {
    if (this.place.at !== 'bridge') return undefined;
    return this.place.a === this ? this.place.b : this.place.a;
  }

  /** As a row of `show channels as json`. */
  row(): Readonly<Record<string, string>> {
    const codec = this.answerState === 'ringing' ? '' : this.media === 'rtp' ? 'PCMU' : 'opus';
    const created = new Date(this.createdAtMs).toISOString();
    return {
      uuid: this.uuid,
      direction: this.direction,
      created: created.slice(0, 19).replace('T', ' '),
      created_epoch: String(Math.floor(this.createdAtMs / 1000)),
      name: this.name,
      state: this.state,
      cid_name: this.cidName,
      cid_num: this.shownCidNum,
      ip_addr: this.direction === 'inbound' ? '127.0.0.1' : '',
      dest: this.dest,
      application: this.application,
      application_data: this.applicationData,
      dialplan: this.dialplan,
      context: this.direction === 'inbound' ? 'patchbay' : 'default',
      read_codec: codec,
      write_codec: codec,
      hostname: 'double',
      callstate: this.callState,
      call_uuid: this.place.at === 'bridge' ? this.place.a.uuid : this.otherLeg === undefined ? '' : this.uuid,
      initial_cid_name: this.direction === 'inbound' ? this.cidNum : '',
      initial_cid_num: this.cidNum,
      initial_dest: this.initialDest,
    };
  }

  /** An answered outbound channel shows the other side as its caller; only `initial_cid_num` keeps the number given. */
  get shownCidNum(): string {
    return this.direction === 'outbound' && this.answerState === 'answered' ? this.initialDest : this.cidNum;
  }

  get cidName(): string {
    if (this.direction === 'inbound') return this.cidNum;
    return this.answerState === 'answered' ? 'Outbound Call' : '';
  }
}
