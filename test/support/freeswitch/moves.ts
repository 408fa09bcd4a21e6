import { q850 } from './causes.ts';
import type { Channel, ChannelState, Place } from './channels.ts';
import type { Engine } from './engine.ts';

/** What a transfer or the dialplan leads to: an application and its argument. */
export interface Target {
  readonly application: string;
  readonly data: string;
}

/**
 * What moves channels from one place to another. Each effect comes some time after its command was answered. Of two
 * commands that cross on one channel the later one has its effect; the partner of a bridge that so came to nothing is
 * left in limbo.
 */
export class Moves {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  transfer(channel: Channel, target: Target, dest: string): void {
    this.#soon([channel], () => {
      this.#reinvite(channel);
      if (channel.place.at === 'gone') return;
      this.#leave(channel);
      channel.dest = dest;
      channel.dialplan = 'inline';
      this.run(channel, target);
    });
  }

  park(channel: Channel): void {
    this.#soon([channel], () => {
      // Before the answer it only parks what is still ringing.
      if (channel.place.at !== 'ringing') this.#leave(channel);
      this.#parked(channel);
    });
  }

  bridge(a: Channel, b: Channel): void {
    if (a === b) {
      this.#soon([a], () => this.#strand(a, 'CS_SOFT_EXECUTE'));
      return;
    }
    const move = {};
    a.move = move;
    b.move = move;
    const both = () => a.move === move && b.move === move;
    const one = () => {
      if (a.move === move) this.#strand(a, 'CS_SOFT_EXECUTE');
      if (b.move === move) this.#strand(b, 'CS_RESET');
    };
    const { timers, settings } = this.#engine;
    timers.later(settings.timing.effectMs, () => {
      if (!both()) return one();
      const ringing = [a, b].find(({ place }) => place.at === 'ringing');
      if (ringing) return this.#ruin(ringing, ringing === a ? b : a);
      for (const channel of [a, b]) this.#reinvite(channel);
      if (!both()) return one();
      for (const channel of [a, b]) {
        channel.otherLeg = channel === a ? b.uuid : a.uuid;
        this.#leave(channel);
        this.#stay(channel, { at: 'limbo' }, 'CS_SOFT_EXECUTE');
      }
      timers.later(settings.timing.bridgeMs, () => (both() ? this.#bridged(a, b) : one()));
    });
  }

  /** At once, or soon when a command asks for it. */
  hangup(channel: Channel, cause: string, { bye = true } = {}): void {
    if (channel.place.at === 'gone') return;
    const { events, channels } = this.#engine;
    channel.move = undefined;
    channel.hangupCause = cause;
    channel.ended?.(cause);
    events.channel('CHANNEL_HANGUP', channel, { 'Hangup-Cause': cause });
    if (bye) channel.dialog?.bye(q850(cause));
    this.#leave(channel);
    this.#stay(channel, { at: 'gone' }, 'CS_REPORTING');
    channel.callState = 'HANGUP';
    for (const file of [...channel.recordings.keys()]) this.stopRecording(channel, file);
    events.channel('CHANNEL_HANGUP_COMPLETE', channel);
    events.channel('CHANNEL_DESTROY', channel);
    channels.delete(channel.uuid);
    channel.rtp?.close();
  }

  hangupSoon(channel: Channel, cause: string): void {
    this.#soon([channel], () => this.hangup(channel, cause));
  }

  /** Runs an application on a channel that is nowhere now. */
  run(channel: Channel, { application, data }: Target): void {
    const { events, conferences } = this.#engine;
    const begin = (place: Place) => {
      channel.application = application;
      channel.applicationData = data;
      this.#stay(channel, place, 'CS_EXECUTE');
      events.channel(
        'CHANNEL_EXECUTE',
        channel,
        {},
        { Application: application, 'Application-Data': data || undefined },
      );
    };
    if (application === 'park') {
      begin({ at: 'park' });
      events.channel('CHANNEL_PARK', channel);
    } else if (application === 'echo') {
      begin({ at: 'echo' });
    } else if (application === 'conference') {
      begin({ at: 'limbo' });
      channel.place = { at: 'conference', conference: conferences.join(channel, data) };
      if (channel.media === 'rtp') channel.rtp?.fill(true);
    } else {
      this.hangup(channel, 'DESTINATION_OUT_OF_ORDER');
    }
  }

  /** The client's media is there. */
  answered(channel: Channel): void {
    if (channel.answerState === 'answered') return;
    channel.answerState = 'answered';
    this.#engine.events.channel('CHANNEL_ANSWER', channel);
    channel.callState = 'ACTIVE';
  }

  stopRecording(channel: Channel, file: string): boolean {
    const recording = channel.recordings.get(file);
    if (!recording) return false;
    channel.recordings.delete(file);
    const { durationMs } = recording.write();
    channel.variables.set('record_ms', String(durationMs));
    channel.variables.set('record_seconds', String(Math.floor(durationMs / 1000)));
    this.#engine.events.channel('RECORD_STOP', channel, {}, { 'Record-File-Path': file });
    return true;
  }

  #soon(channels: readonly Channel[], effect: () => void): void {
    const { timers, settings } = this.#engine;
    const move = {};
    for (const channel of channels) channel.move = move;
    timers.later(settings.timing.effectMs, () => {
      if (!channels.every((channel) => channel.move === move)) return;
      for (const channel of channels) channel.move = undefined;
      effect();
    });
  }

  #stay(channel: Channel, place: Place, state: ChannelState): void {
    channel.place = place;
    channel.state = state;
  }

  #parked(channel: Channel): void {
    if (channel.place.at !== 'ringing') channel.place = { at: 'park' };
    channel.state = 'CS_PARK';
    this.#engine.events.channel('CHANNEL_PARK', channel);
  }

  #bridged(a: Channel, b: Channel): void {
    const { events } = this.#engine;
    for (const channel of [a, b]) {
      channel.move = undefined;
      channel.application = 'uuid_bridge';
      channel.applicationData = channel.otherLeg ?? '';
      this.#stay(channel, { at: 'bridge', a, b }, 'CS_SOFT_EXECUTE');
      events.channel(
        'CHANNEL_EXECUTE',
        channel,
        {},
        { Application: 'uuid_bridge', 'Application-Data': channel.otherLeg },
      );
    }
    events.channel('CHANNEL_BRIDGE', a, { 'Bridge-A-Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid });
    b.state = 'CS_EXCHANGE_MEDIA';
  }

  #strand(channel: Channel, state: ChannelState): void {
    channel.move = undefined;
    this.#leave(channel);
    this.#stay(channel, { at: 'limbo' }, state);
  }

  #ruin(ringing: Channel, other: Channel): void {
    this.#leave(other);
    ringing.ended?.('ORIGINATOR_CANCEL');
    ringing.ended = undefined;
    this.hangup(ringing, 'DESTINATION_OUT_OF_ORDER');
    this.hangup(other, 'ORIGINATOR_CANCEL');
  }

  /** Takes a channel out of where it is, with the events that tell of it; what is next follows at once. */
  #leave(channel: Channel): void {
    const { events, conferences } = this.#engine;
    const { place } = channel;
    if (place.at === 'ringing' || place.at === 'gone') return;
    if (channel.hangupCause === undefined) this.answered(channel);
    channel.place = { at: 'limbo' };
    const complete = () =>
      events.channel(
        'CHANNEL_EXECUTE_COMPLETE',
        channel,
        {},
        {
          Application: channel.application,
          'Application-Data': channel.applicationData || undefined,
          'Application-Response': '_none_',
        },
      );
    if (place.at === 'park') {
      events.channel('CHANNEL_UNPARK', channel);
      if (channel.state === 'CS_EXECUTE') complete();
    } else if (place.at === 'echo') {
      complete();
    } else if (place.at === 'conference') {
      channel.rtp?.fill(false);
      conferences.leave(channel, place.conference);
      complete();
    } else if (place.at === 'bridge') {
      this.#unbridge(channel, place);
    }
  }

  /** Whoever is left goes back to park, if its variable says so; when the A leg left it is told before the bridge's end. */
  #unbridge(leaver: Channel, { a, b }: { readonly a: Channel; readonly b: Channel }): void {
    const left = leaver === a ? b : a;
    const told = () =>
      this.#engine.events.channel('CHANNEL_UNBRIDGE', a, {
        'Bridge-A-Unique-ID': a.uuid,
        'Bridge-B-Unique-ID': b.uuid,
      });
    left.place = { at: 'limbo' };
    if (leaver === b) told();
    if (this.#engine.variable(left, 'park_after_bridge') === 'true') this.#parked(left);
    else this.hangup(left, 'NORMAL_CLEARING');
    if (leaver === a) told();
  }

  /** One-way audio looks like a call on hold, which is taken off hold before it goes elsewhere; parking does not. */
  #reinvite(channel: Channel): void {
    const { dialog } = channel;
    if (!channel.oneWay || !dialog) return;
    this.#engine.reinvites += 1;
    const sdp = channel.localSdp.replace(/a=(sendonly|recvonly|inactive)\r\n/, '');
    const late = this.#engine.timers.later(
      { from: this.#engine.settings.timing.t1Ms * 64, to: this.#engine.settings.timing.t1Ms * 64 },
      () => this.hangup(channel, 'RECOVERY_ON_TIMER_EXPIRE'),
    );
    dialog.reinvite(sdp, (status, answer) => {
      late();
      if (status >= 300) this.hangup(channel, 'NORMAL_TEMPORARY_FAILURE');
      else channel.oneWay = answer.includes('a=sendonly');
    });
  }
}
