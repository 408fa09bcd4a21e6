import type { Channel } from './channels.ts';
import { Conferences } from './conferences.ts';
import type { EngineEvent } from './events.ts';
import { Events } from './events.ts';
import type { AllowsCandidate } from './sdp.ts';
import { newFingerprint } from './sdp.ts';
import type { SipServer } from './sip-server.ts';
import { type Span, Timers } from './timers.ts';

/** How long things take. */
export interface Timing {
  /** From `+OK` to the effect of uuid_transfer, uuid_park and uuid_kill. */
  readonly effectMs: Span;
  /** How much longer a bridge takes. */
  readonly bridgeMs: Span;
  /** How far `show channels` is behind; `uuid_exists` is not. */
  readonly listMs: Span;
  /** From the last member's leaving to the end of the conference. */
  readonly conferenceDestroyMs: Span;
  /** From the answer to a WebRTC offer to the client's media, before which the call is not answered. */
  readonly webrtcMediaMs: Span;
  /** T1: how long until a 200 that nobody acknowledged comes again; 64 times as long, and the call ends. */
  readonly t1Ms: number;
}

export interface EngineSettings {
  readonly timing: Timing;
  readonly random: () => number;
  readonly allowsCandidate: AllowsCandidate;
  readonly maxSessions: number;
  readonly sessionsPerSecond: number;
  /** Variables that every channel falls back to. */
  readonly globals: ReadonlyMap<string, string>;
}

/** All that one life of the double holds. */
export class Engine {
  readonly settings: EngineSettings;
  readonly channels = new Map<string, Channel>();
  /** What `show channels` shows. */
  readonly listed = new Map<string, Readonly<Record<string, string>>>();
  readonly events: Events;
  readonly timers: Timers;
  readonly conferences: Conferences;
  readonly sip: SipServer;
  readonly fingerprint = newFingerprint();
  readonly startedAtMs = Date.now();
  readonly paused = { inbound: false, outbound: false };
  maxSessions: number;
  sessionsPerSecond: number;
  sessions = 0;
  reinvites = 0;
  #recent: number[] = [];

  constructor(settings: EngineSettings, sip: SipServer, tell: (event: EngineEvent) => void) {
    this.settings = settings;
    this.sip = sip;
    this.timers = new Timers(settings.random);
    this.events = new Events(tell, (channel) => this.#list(channel));
    this.conferences = new Conferences(this.events, this.timers, settings.timing.conferenceDestroyMs);
    this.maxSessions = settings.maxSessions;
    this.sessionsPerSecond = settings.sessionsPerSecond;
  }

  /** Whether one more call may begin now; counts it if so. */
  admits(direction: 'inbound' | 'outbound'): boolean {
    const now = Date.now();
    this.#recent = this.#recent.filter((at) => now - at < 1000);
    if (this.paused[direction] || this.channels.size >= this.maxSessions) return false;
    if (this.#recent.length >= this.sessionsPerSecond) return false;
    this.#recent.push(now);
    this.sessions += 1;
    return true;
  }

  #list(channel: Channel): void {
    this.timers.later(this.settings.timing.listMs, () => {
      if (channel.place.at === 'gone') this.listed.delete(channel.uuid);
      else this.listed.set(channel.uuid, channel.row());
    });
  }

  /** The variable of a channel, or what all fall back to. */
  variable(channel: Channel, name: string): string | undefined {
    return channel.variables.get(name) ?? this.settings.globals.get(name);
  }

  stop(): void {
    this.timers.stop();
    for (const channel of this.channels.values()) {
      channel.place = { at: 'gone' };
      channel.rtp?.close();
    }
    this.channels.clear();
  }
}
