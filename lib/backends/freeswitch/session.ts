import { forClient, forFreeswitch, hasVideo } from '../../domain/freeswitch-sdp.ts';
import { workMs } from '../../domain/patience.ts';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, Description, MediaChange, MediaState, SdpType } from '../../protocol/session.ts';
import type { MediaPlace, MediaRecorder, MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import { BitrateLimit } from './bitrate-limit.ts';
import { CallSink } from './call-sink.ts';
import { FreeSwitchChannel, type Place } from './channel.ts';
import type { FreeSwitchConnection } from './connection.ts';
import { channelGone } from './errors.ts';
import { Mover } from './moves.ts';
import { FreeSwitchRecorder } from './recorder.ts';
import { conferenceHeaders, muteAudio, originate, record } from './requests.ts';
import { FreeSwitchRoom } from './room.ts';
import type { Offered } from './sip.ts';
import { VideoMute } from './video-mute.ts';

/** Only the controller's own timer decides how long a call rings: its longest, and some more. */
const ringSeconds = 3605;
/** How long a client's media connection may take before it is given up; what is asked of it meanwhile is refused sooner. */
const connectMs = 60_000;

/** One call of FreeSWITCH: `park`, `echo`, `bridge` or `mcu`, from one to the other as it is told. */
export class FreeSwitchSession implements MediaSession {
  readonly channel: FreeSwitchChannel;
  readonly recorder: MediaRecorder;
  readonly #connection: FreeSwitchConnection;
  readonly #spec: MediaSpec;
  readonly #sink: CallSink;
  readonly #mover: Mover;
  readonly #videoMute: VideoMute;
  readonly #limit: BitrateLimit;
  /** What its client may send; 0: without a limit. */
  #bitrateBps = 0;
  #sdpType: SdpType;
  #hasVideo: boolean;
  #room: FreeSwitchRoom | undefined;
  #offered: Offered | undefined;
  /** Its end is what the method that sets it up fails with. */
  #isSettingUp = false;
  #begun: Promise<void> | undefined;
  /** What commands wait for until it has begun, and then that it has. */
  #waited: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(connection: FreeSwitchConnection, spec: MediaSpec, sink: MediaSink) {
    const { sdpType = 'webrtc', hasVideo: offersVideo = true } = spec.offers ?? {};
    this.#connection = connection;
    this.#spec = spec;
    this.#sink = new CallSink(sink);
    this.#sdpType = sdpType;
    this.#hasVideo = offersVideo;
    this.channel = new FreeSwitchChannel(spec.mediaId, {
      moved: (place) => this.#moved(place),
      gone: (cause) => this.#gone(cause),
    });
    this.#mover = new Mover(connection, this.channel);
    this.#videoMute = new VideoMute(connection, this.channel, this.#mover);
    this.#limit = new BitrateLimit(connection, spec.mediaId);
    this.recorder = new FreeSwitchRecorder({
      connection,
      // The sound has a file of its own: that with the picture begins with the first one that FreeSWITCH can decode.
      suffixes: async () => {
        await this.#connected();
        return this.#hasVideo && connection.recordsVideo ? ['-sound.wav', '-call.mp4'] : ['-sound.wav'];
      },
      command: (isStart, file) => record(spec.mediaId, isStart, file),
      isLost: () => this.channel.isLost,
    });
  }

  get lacks(): readonly (keyof MediaState)[] {
    return this.#hasVideo ? ['mute_data'] : ['mute_data', 'mute_video', 'bitrate'];
  }

  async acceptOffer(offer: Description): Promise<Description> {
    const { sip } = this.#connection;
    const { kind, destination, headers } = this.#first();
    this.#sdpType = offer.sdp_type;
    const answer = await this.#setUp(() => {
      this.#begin(kind);
      return sip.invite({ id: this.channel.id, destination, sdp: forFreeswitch(offer), headers });
    });
    this.#hasVideo = hasVideo(answer);
    return this.#forClient(answer, offer.sdp);
  }

  async makeOffer(): Promise<Description> {
    const { sip, tag } = this.#connection;
    const { id } = this.channel;
    const command = originate({
      id,
      tag,
      isWebrtc: this.#sdpType === 'webrtc',
      hasVideo: this.#hasVideo,
      timeoutSeconds: ringSeconds,
      contact: sip.contact,
    });
    this.#offered = await this.#setUp(() => {
      const offered = sip.expect(id);
      // It is done when the call is answered, or over.
      this.#connection.job(command, 'originate', ringSeconds * 1000).catch((error: unknown) => {
        sip.forget(id, error instanceof PatchbayError ? error : new PatchbayError('fs_get_offer_error'));
      });
      return offered;
    });
    this.channel.isRinging = true;
    return this.#forClient(this.#offered.sdp);
  }

  async acceptAnswer(answer: Description): Promise<undefined> {
    const offered = this.#offered;
    if (!offered) throw new PatchbayError('fs_get_answer_error', 'FreeSWITCH has offered nothing');
    this.channel.requireThere();
    this.#hasVideo = this.#hasVideo && hasVideo(answer.sdp);
    this.#begin('parked');
    await offered.accept(forFreeswitch(answer));
    this.channel.isRinging = false;
  }

  requireReach(): void {
    this.#connection.requireReach();
  }

  async changeType(to: MediaPlace): Promise<void> {
    await this.#connected();
    await this.#move(to);
  }

  /** They are taken, not passed to a peer: FreeSWITCH finds clients by their own checks, from a candidate that stands for all. */
  async addCandidates(): Promise<void> {}
  async endCandidates(): Promise<void> {}

  async updateMedia(change: MediaChange): Promise<Applied> {
    await this.#connected();
    return this.#update(change);
  }

  /** Whoever wants its recording whole stops that before. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#sink.close();
    if (!this.channel.isGone) await this.#connection.kill(this.channel.id);
    this.channel.end('closed');
  }

  /** Does what gives the channel its first SDP. @throws what it throws, or what the channel ended with meanwhile */
  async #setUp<T>(work: () => Promise<T>): Promise<T> {
    this.channel.requireThere();
    this.#isSettingUp = true;
    this.#connection.add(this.channel);
    try {
      const result = await work();
      this.channel.requireThere();
      this.channel.isThere = true;
      return result;
    } catch (error) {
      this.#sink.close();
      // FreeSWITCH may have it all the same.
      if (!this.channel.isGone) void this.#connection.kill(this.channel.id);
      this.channel.end('it was not set up');
      throw error;
    } finally {
      this.#isSettingUp = false;
    }
  }

  /** Watches the channel get to where it begins: FreeSWITCH takes a WebRTC client there only when its media is up. */
  #begin(kind: Place['kind']): void {
    const late = () => new PatchbayError('session_stop', `no media connection within ${connectMs / 1000} s`);
    const begun = this.channel.reaches((place) => place.kind === kind, late, connectMs).then(() => this.#arrived());
    begun.catch((error: unknown) => {
      // FreeSWITCH may tell of the channel's end before it says why it refuses the call.
      if (this.#isSettingUp) return;
      const why = error instanceof PatchbayError ? error : new PatchbayError('fs_error', undefined, { cause: error });
      this.#sink.end(why, why.message);
    });
    const known = () => {
      this.#waited = begun;
    };
    begun.then(known, known);
    this.#begun = begun;
  }

  /** Its client is connected: what it is meant to be, and what the client may send from the beginning. */
  async #arrived(): Promise<void> {
    if (this.#sdpType === 'webrtc') this.#sink.up();
    const { type, room, media } = this.#spec;
    if (type === 'echo') await this.#move({ type });
    else if (type === 'mcu' && room) await this.#move({ type, room });
    const { mute_audio, mute_video, bitrate } = media;
    await this.#update({
      ...(mute_audio && { mute_audio }),
      ...(mute_video && { mute_video }),
      ...(bitrate > 0 && { bitrate }),
    });
  }

  /**
   * A client that is slow is waited for once: what stands in the queue behind a command that was refused for it is refused
   * at once, else nobody would wait for its answer any more.
   *
   * @throws PatchbayError invalid_state while the client is not connected yet; fs_channel_stop
   */
  async #connected(): Promise<void> {
    const late = () => new PatchbayError('invalid_state', 'the client is not connected to FreeSWITCH yet');
    if (!this.#begun) throw late();
    this.#waited ??= withTimeout(this.#begun, workMs, late);
    await this.#waited;
    this.channel.requireThere();
  }

  async #move(to: MediaPlace): Promise<void> {
    const limitBps = this.#limitBps;
    await this.#moveTo(to);
    if (this.#hasVideo && this.#limitBps !== limitBps) await this.#limit.set(this.#limitBps);
  }

  async #moveTo(to: MediaPlace): Promise<void> {
    switch (to.type) {
      case 'park':
        return this.#mover.park();
      case 'echo':
        return this.#mover.echo();
      case 'mcu':
        return this.#mover.join(roomOf(to.room, this.#connection));
      case 'bridge': {
        const peer = this.#peer(to.peer);
        await peer.#connected().catch((error: unknown) => {
          // Of one that is gone the mover finds out, and parks this one, as after any other refusal.
          if (!peer.channel.isGone) throw error;
        });
        return this.#mover.bridge(peer.channel);
      }
    }
  }

  async #update({ mute_audio, mute_video, mute_data, bitrate }: MediaChange): Promise<Applied> {
    if (mute_audio !== undefined) {
      await this.#connection.request(muteAudio(this.channel.id, mute_audio), 'mute');
    }
    if (mute_video !== undefined && this.#hasVideo) await this.#videoMute.set(mute_video);
    if (bitrate !== undefined && this.#hasVideo) {
      this.#bitrateBps = bitrate;
      await this.#limit.set(this.#limitBps);
    }
    return {
      ...(mute_audio !== undefined && { mute_audio: true }),
      ...(mute_video !== undefined && { mute_video: this.#hasVideo }),
      ...(mute_data !== undefined && { mute_data: false }),
      ...(bitrate !== undefined && { bitrate: this.#hasVideo }),
    };
  }

  /** The lower one of its own and its room's. */
  get #limitBps(): number {
    const limits = [this.#bitrateBps, this.#room?.spec.bitrateBps ?? 0].filter((bps) => bps > 0);
    return limits.length === 0 ? 0 : Math.min(...limits);
  }

  /** Where an INVITE leads. What is bridged is parked first. */
  #first(): { kind: Place['kind']; destination: 'park' | 'echo' | 'mcu'; headers: string[] } {
    const { type, room } = this.#spec;
    if (type === 'echo') return { kind: 'echoing', destination: 'echo', headers: [] };
    if (type !== 'mcu' || !room) return { kind: 'parked', destination: 'park', headers: [] };
    const { mediaId, profile } = roomOf(room, this.#connection).conference;
    return { kind: 'joined', destination: 'mcu', headers: conferenceHeaders(mediaId, profile) };
  }

  #forClient(sdp: string, offer?: string): Description {
    const { clientAddress } = this.#connection;
    const shown = forClient(sdp, { publicAddress: clientAddress, ...(offer !== undefined && { offer }) });
    return { sdp: shown, sdp_type: this.#sdpType, trickle_ice: false };
  }

  #peer(peer: MediaSession): FreeSwitchSession {
    if (peer instanceof FreeSwitchSession && peer.#connection === this.#connection) return peer;
    throw new PatchbayError('different_mediaserver', 'its peer is not on this FreeSWITCH');
  }

  #moved(place: Place): void {
    const room = place.kind === 'joined' ? this.#connection.rooms.get(place.room) : undefined;
    if (room !== this.#room) this.#room?.left(this.channel.id);
    this.#room = room;
    if (place.kind === 'joined') room?.joined(this.channel.id, place.conferenceId);
  }

  #gone(cause: string): void {
    this.#connection.remove(this.channel);
    this.#limit.stop();
    this.#room?.left(this.channel.id);
    if (!this.#isSettingUp) this.#sink.end(channelGone(cause), cause);
  }
}

function roomOf(room: unknown, connection: FreeSwitchConnection): FreeSwitchRoom {
  if (room instanceof FreeSwitchRoom && room.connection === connection) return room;
  throw new PatchbayError('different_mediaserver', 'the room is not on this FreeSWITCH');
}
