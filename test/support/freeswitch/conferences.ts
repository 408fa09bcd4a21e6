import type { Channel } from './channels.ts';
import type { Events } from './events.ts';
import { Recording } from './recording.ts';
import type { Span, Timers } from './timers.ts';

export interface Member {
  readonly id: number;
  readonly channel: Channel;
  muted: boolean;
}

export class Conference {
  readonly uuid = crypto.randomUUID() as string;
  readonly createdAtMs = Date.now();
  readonly name: string;
  readonly profile: string;
  readonly members: Member[] = [];
  readonly recordings = new Map<string, Recording>();
  layout: string | undefined;

  constructor(name: string, profile: string) {
    this.name = name;
    this.profile = profile;
  }

  /** It makes one picture of all; other profiles pass video on or have none. */
  get mixesVideo(): boolean {
    return this.profile.startsWith('video-mcu');
  }

  memberOf(channel: Channel): Member | undefined {
    return this.members.find((member) => member.channel === channel);
  }

  fieldsOf(channel: Channel): Readonly<Record<string, string | number | boolean | undefined>> {
    const member = this.memberOf(channel);
    return {
      Video: channel.hasVideo,
      Hear: true,
      See: true,
      Speak: member?.muted !== true,
      'Member-ID': member?.id,
      'Member-Type': 'member',
    };
  }
}

/** Conferences by name: made by the first who joins, ended by the last who leaves. */
export class Conferences {
  readonly all = new Map<string, Conference>();
  readonly #events: Events;
  readonly #timers: Timers;
  readonly #destroyMs: Span;
  #lastMember = 0;

  constructor(events: Events, timers: Timers, destroyMs: Span) {
    this.#events = events;
    this.#timers = timers;
    this.#destroyMs = destroyMs;
  }

  /** @param place `NAME@PROFILE`, with flags: `NAME@PROFILE+PIN+flags{vmute}`. The profile counts for the first only. */
  join(channel: Channel, place: string): Conference {
    const [, name = '', profile = 'default', flags = ''] =
      /^([^@+]*)(?:@([^+]*))?(?:\+[^+]*\+flags\{([^}]*)\})?/.exec(place) ?? [];
    let conference = this.all.get(name);
    if (!conference) {
      conference = new Conference(name, profile);
      this.all.set(name, conference);
      this.#events.conference('conference-create', conference);
    }
    this.#lastMember += 1;
    if (flags.split('|').includes('vmute')) channel.videoMuted = true;
    conference.members.push({ id: this.#lastMember, channel, muted: false });
    this.#events.conference('add-member', conference, channel);
    return conference;
  }

  leave(channel: Channel, conference: Conference): void {
    const member = conference.memberOf(channel);
    if (!member) return;
    const fields = conference.fieldsOf(channel);
    conference.members.splice(conference.members.indexOf(member), 1);
    this.#events.conference('del-member', conference, channel, fields);
    if (conference.members.length > 0) return;
    // From now on its name is free: a new one may be there before this one's end is told.
    this.all.delete(conference.name);
    this.#timers.later(this.#destroyMs, () => {
      for (const file of [...conference.recordings.keys()]) this.stopRecording(conference, file);
      this.#events.conference('conference-destroy', conference);
    });
  }

  startRecording(conference: Conference, file: string): void {
    conference.recordings.set(file, new Recording(file));
    this.#events.conference('start-recording', conference, undefined, { Path: file });
  }

  stopRecording(conference: Conference, file: string): boolean {
    const recording = conference.recordings.get(file);
    if (!recording) return false;
    conference.recordings.delete(file);
    const { durationMs } = recording.write();
    this.#events.conference('stop-recording', conference, undefined, {
      Path: file,
      'Milliseconds-Elapsed': durationMs,
    });
    return true;
  }

  tell(action: string, conference: Conference, member: Member): void {
    this.#events.conference(action, conference, member.channel);
  }
}
